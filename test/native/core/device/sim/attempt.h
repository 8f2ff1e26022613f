// Attempt: a call on a thread of its own, of which a test can ask "does it block?" without any timing. The
// device's hooks report to the attempt in whose thread they run, so the answer comes from the call itself: it
// returned, or it says what it is about to wait for.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include "core/device/sim/sim_device.h"

namespace kvtool::sim::test {

class Attempt {
 public:
  explicit Attempt(std::function<Status()> call)
      : thread_([this, run = std::move(call)] {
          current_ = this;
          const Status status = run();
          const std::lock_guard lock(mutex_);
          status_ = status;
          returned_ = true;
          changed_.notify_all();
        }) {}
  ~Attempt() { thread_.join(); }  // REQUIRES: what it waits for comes

  // For SimOptions::on_wait and on_contended.
  static void report(std::string_view resource, std::string_view call) {
    if (current_ == nullptr) return;
    const std::lock_guard lock(current_->mutex_);
    current_->waits_for_.assign(resource);
    current_->inside_.assign(call);
    current_->changed_.notify_all();
  }

  // Waits until the call has returned or has said that it waits.
  bool blocks() {
    std::unique_lock lock(mutex_);
    // Far more than any machine needs: only a bug of the simulator lets it pass, and then no thread can be
    // joined.
    const bool known = changed_.wait_for(lock, std::chrono::seconds(60),
                                         [this] { return returned_ || !waits_for_.empty(); });
    if (!known) {
      std::fputs("a simulated call neither returned nor said what it waits for\n", stderr);
      std::abort();
    }
    return !returned_;
  }

  Status result() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return returned_; });
    return status_;
  }

  // What it last said it waits for, and in which call; valid after blocks().
  std::string waits_for() {
    const std::lock_guard lock(mutex_);
    return waits_for_;
  }
  std::string inside() {
    const std::lock_guard lock(mutex_);
    return inside_;
  }

 private:
  static inline thread_local Attempt* current_ = nullptr;

  std::mutex mutex_;  // guards all below but the thread
  std::condition_variable changed_;
  bool returned_ = false;
  Status status_ = Status::ok;
  std::string waits_for_;
  std::string inside_;
  std::thread thread_;
};

inline SimOptions observed(DriverModel model = driver_580_cuda13()) {
  SimOptions options;
  options.model = std::move(model);
  options.on_wait = &Attempt::report;
  options.on_contended = &Attempt::report;
  return options;
}

inline StreamId new_stream(Device& device) {
  StreamId stream{};
  EXPECT_EQ(device.create_stream(&stream), Status::ok);
  return stream;
}

inline EventId new_event(Device& device) {
  EventId event{};
  EXPECT_EQ(device.create_event(&event), Status::ok);
  return event;
}

inline ModuleId new_module(Device& device) {
  ModuleId module{};
  EXPECT_EQ(device.create_module(&module), Status::ok);
  return module;
}

inline void* new_buffer(Device& device, std::size_t bytes, MemoryKind kind) {
  void* buffer = nullptr;
  EXPECT_EQ(device.allocate(bytes, kind, &buffer), Status::ok);
  return buffer;
}

}  // namespace kvtool::sim::test

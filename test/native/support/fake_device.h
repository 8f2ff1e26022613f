// FakeDevice: a Device in the test's hands. Host functions wait in one queue, in the order of their launches,
// until the test runs them, on a thread of the test's choice; launches fail when the test says so. It has no
// streams to speak of and nothing else works.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <string_view>
#include <thread>
#include <utility>

#include "core/device/device.h"

namespace kvtool {

class FakeDevice final : public Device {
 public:
  // Decides what the n-th launch (from 0) returns; anything but ok enqueues nothing.
  using Answer = std::function<Status(std::uint64_t)>;
  void answer_launches(Answer answer) {
    const std::lock_guard guard(mutex_);
    answer_ = std::move(answer);
  }

  // Called on the launching thread when the function is in the queue and the launch has not returned.
  void before_return(std::function<void()> hook) {
    const std::lock_guard guard(mutex_);
    before_return_ = std::move(hook);
  }

  Status launch_host_function(StreamId, HostFunction function, void* argument) override {
    std::function<void()> hook;
    {
      const std::lock_guard guard(mutex_);
      const Status status = answer_ ? answer_(launches_) : Status::ok;
      launches_++;
      if (status != Status::ok) return status;
      queue_.emplace_back(function, argument);
      hook = before_return_;
    }
    changed_.notify_all();
    if (hook) hook();
    return Status::ok;
  }

  // Runs the oldest host function on the calling thread. False when there is none.
  bool run_next() {
    std::pair<HostFunction, void*> next;
    {
      const std::lock_guard guard(mutex_);
      if (queue_.empty()) return false;
      next = queue_.front();
      queue_.pop_front();
    }
    next.first(next.second);
    return true;
  }

  std::size_t run_all() {
    std::size_t count = 0;
    while (run_next()) count++;
    return count;
  }

  std::size_t queued() const {
    const std::lock_guard guard(mutex_);
    return queue_.size();
  }

  // The driver's thread: runs host functions as they come while it lives, and all that are left when it ends.
  class DriverThread {
   public:
    explicit DriverThread(FakeDevice& device) : device_(device), thread_([this] { loop(); }) {}
    DriverThread(const DriverThread&) = delete;
    DriverThread& operator=(const DriverThread&) = delete;
    ~DriverThread() {
      {
        const std::lock_guard guard(device_.mutex_);
        ending_ = true;
      }
      device_.changed_.notify_all();
      thread_.join();
    }

   private:
    void loop() {
      for (;;) {
        while (device_.run_next()) {
        }
        std::unique_lock lock(device_.mutex_);
        device_.changed_.wait(lock, [this] { return ending_ || !device_.queue_.empty(); });
        if (device_.queue_.empty()) return;
      }
    }

    FakeDevice& device_;
    bool ending_ = false;  // guarded by the device's mutex
    std::thread thread_;
  };

  std::string_view description() const override { return "fake"; }
  Status set_device() override { return Status::ok; }
  Status create_stream(StreamId*) override { return Status::not_supported; }
  Status destroy_stream(StreamId) override { return Status::not_supported; }
  Status synchronize_stream(StreamId) override { return Status::not_supported; }
  Status query_stream(StreamId) override { return Status::not_supported; }
  Status synchronize_device() override { return Status::not_supported; }
  Status create_event(EventId*) override { return Status::not_supported; }
  Status destroy_event(EventId) override { return Status::not_supported; }
  Status record_event(EventId, StreamId) override { return Status::not_supported; }
  Status wait_event(StreamId, EventId) override { return Status::not_supported; }
  Status query_event(EventId) override { return Status::not_supported; }
  Status synchronize_event(EventId) override { return Status::not_supported; }
  Status create_module(ModuleId*) override { return Status::not_supported; }
  Status launch_kernel(StreamId, ModuleId, KernelBody) override { return Status::not_supported; }
  ModuleId loaded_module() const override { return ModuleId{0}; }
  Status allocate(std::size_t, MemoryKind, void**) override { return Status::not_supported; }
  Status free(void*) override { return Status::not_supported; }
  Status allocate_from_pool(std::size_t, StreamId, void**) override { return Status::not_supported; }
  Status free_to_pool(void*, StreamId) override { return Status::not_supported; }
  Status copy_async(void*, const void*, std::size_t, MemoryKind, StreamId) override {
    return Status::not_supported;
  }
  Status copy(void*, const void*, std::size_t) override { return Status::not_supported; }
  Status pointer_attributes(const void*, MemoryKind*) override { return Status::not_supported; }
  Status memory_info(std::size_t*, std::size_t*) override { return Status::not_supported; }
  Status function_attributes(ModuleId) override { return Status::not_supported; }

 private:
  // Guards everything below; never held while a host function or the hook runs.
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::pair<HostFunction, void*>> queue_;
  Answer answer_;
  std::function<void()> before_return_;
  std::uint64_t launches_ = 0;
};

}  // namespace kvtool

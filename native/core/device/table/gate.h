// Gate: user code on the device that does not return before the host says so.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>

#include "core/device/device.h"

namespace kvtool::table {

class Gate {
 public:
  explicit Gate(Device& device) : device_(device) {}
  Gate(const Gate&) = delete;
  Gate& operator=(const Gate&) = delete;
  // Opens, and lets everyone through who is on the way: the device may still have work that comes by here.
  ~Gate() {
    open();
    device_.synchronize_device();
  }

  // As a host function: launch_host_function(stream, Gate::pass, &gate). As a kernel: gate.kernel().
  static void pass(void* gate) { static_cast<Gate*>(gate)->pass(); }
  KernelBody kernel() {
    return [this] { pass(); };
  }

  void wait_until_entered() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return entered_; });
  }
  // False when nobody came within `limit`.
  bool wait_until_entered(std::chrono::milliseconds limit) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, limit, [this] { return entered_; });
  }
  void open() {
    const std::lock_guard lock(mutex_);
    open_ = true;
    changed_.notify_all();
  }

 private:
  void pass() {
    std::unique_lock lock(mutex_);
    entered_ = true;
    changed_.notify_all();
    changed_.wait(lock, [this] { return open_; });
  }

  Device& device_;
  std::mutex mutex_;  // guards both flags
  std::condition_variable changed_;
  bool entered_ = false;
  bool open_ = false;
};

}  // namespace kvtool::table

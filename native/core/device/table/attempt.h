// Attempt: a call on a thread of its own, of which one can ask "does it block?". On a device that tells what
// its callers wait for (SimDevice), the answer comes from the call itself: it returned, or it says what it is
// about to wait for, and no time limit decides. On another device, a call that has not returned after a while
// blocks.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

#include "core/device/device.h"

namespace kvtool::table {

class Attempt {
 public:
  explicit Attempt(std::function<Status()> call);
  Attempt(const Attempt&) = delete;
  Attempt& operator=(const Attempt&) = delete;
  ~Attempt() { thread_.join(); }  // REQUIRES: what it waits for comes

  // For SimOptions::on_wait and on_contended: the attempt in whose thread it runs waits for `resource`.
  static void report(std::string_view resource, std::string_view call);

  enum class Answer { returned, blocks, unknown };
  // Waits until the call has returned or has said that it waits; `unknown` when neither happened within
  // `limit`.
  Answer ask(std::chrono::milliseconds limit);

  // True when it returned within `limit`.
  bool returned(std::chrono::milliseconds limit);
  Status result();  // waits for it to return

  // What it last said it waits for, and in which call; empty when it never said.
  std::string waits_for();
  std::string inside();

 private:
  static thread_local Attempt* current_;

  std::mutex mutex_;  // guards all below but the thread
  std::condition_variable changed_;
  bool returned_ = false;
  Status status_ = Status::ok;
  std::string waits_for_;
  std::string inside_;
  std::thread thread_;
};

}  // namespace kvtool::table

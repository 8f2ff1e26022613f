// RealThread: a named thread that joins when it goes out of scope.
#pragma once

#include <string>
#include <string_view>
#include <thread>
#include <utility>

namespace kvtool {

class RealThread {
 public:
  RealThread() = default;
  // Runs `body` on a new thread. `name` is what a dump shows: the kernel keeps its first 15 bytes.
  // Throws std::system_error when the system refuses another thread.
  template <class Body>
  RealThread(std::string_view name, Body body)
      : thread_([own_name = std::string(name), run = std::move(body)]() mutable {
          begin(own_name);
          run();
        }) {}
  RealThread(RealThread&&) = default;
  RealThread& operator=(RealThread&& other) noexcept {
    join();
    thread_ = std::move(other.thread_);
    return *this;
  }
  ~RealThread() { join(); }

  // Waits for the body's end; nothing to do when there is no thread or it was joined. REQUIRES: not the
  // thread itself.
  void join() {
    if (thread_.joinable()) thread_.join();
  }
  bool joinable() const { return thread_.joinable(); }
  bool is_current() const { return thread_.get_id() == std::this_thread::get_id(); }

 private:
  static void begin(const std::string& name);

  std::thread thread_;
};

}  // namespace kvtool

// Watchdog: an actor that computes for ever without any operation never gives the explorer a chance. A thread
// beside it asks four times a second, by a signal to the explorer's thread, which step of which execution is
// the newest; when that stands still for too long, it says so and ends the process.
#pragma once

#include <pthread.h>

#include <chrono>
#include <functional>
#include <string>
#include <thread>

namespace kvtool::explore {

class Watchdog {
 public:
  // `stuck` gets the name of the actor that runs, or what else of the program does; it must not return.
  // REQUIRES: constructed on the thread that explores; one at a time.
  Watchdog(std::chrono::milliseconds patience, std::function<void(const std::string& who)> stuck);
  Watchdog(const Watchdog&) = delete;
  Watchdog& operator=(const Watchdog&) = delete;
  ~Watchdog();

 private:
  void watch(const std::stop_token& stop);

  const std::chrono::milliseconds patience_;
  const std::function<void(const std::string&)> stuck_;
  const pthread_t watched_;
  std::jthread thread_;
};

}  // namespace kvtool::explore

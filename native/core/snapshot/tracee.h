// Tracee: one thread of the target, held by ptrace for some microseconds.
//
// PTRACE_SEIZE does not stop the thread, PTRACE_INTERRUPT does, and no signal is sent: a parent that waits
// for the target sees nothing. When whoever holds a tracee ends, however it ends, the kernel lets the tracee
// go on as if nothing had been. So killing us at any moment leaves the target running and untraced, and so
// does the end of the thread that traces: do all of it within on_tracer_thread, and even a thread that does
// not react to the interrupt (in an uninterruptible sleep) is let go in time.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>

#include "core/snapshot/registers.h"

namespace kvtool::snapshot {

class Tracee {
 public:
  enum class State : std::uint8_t {
    refused,  // no permission, or traced by somebody else
    gone,     // it ended
    seized,   // runs
    asked,    // was asked to stop
    stopped,
    released,
  };

  // Seizes the thread; state() tells whether that worked.
  explicit Tracee(pid_t tid);
  Tracee(Tracee&& other) noexcept;
  Tracee& operator=(Tracee&&) = delete;
  // Lets it go on.
  ~Tracee();

  pid_t tid() const { return tid_; }
  State state() const { return state_; }
  int error() const { return error_; }  // errno of what was refused

  // Asks it to stop. REQUIRES: seized.
  void interrupt();
  // Looks whether it has stopped, without waiting for that.
  State poll();
  // Waits until it stopped, at most so long. False when it did not.
  bool await_stop(std::chrono::microseconds limit);
  // REQUIRES: stopped. nullopt for a 32-bit program.
  std::optional<ProcessorState> read_registers() const;
  // Lets it go on, with the signal that it was about to take. How long it stood still, from when it was
  // asked.
  std::chrono::nanoseconds release();

 private:
  pid_t tid_;
  State state_ = State::gone;
  int error_ = 0;
  int signal_ = 0;  // that it gets when it goes on
  std::chrono::steady_clock::time_point asked_at_;
};

// Runs `work` on a thread of its own and waits for it to end; all its tracees are free then. The thread goes
// before others, if it may: it must not wait while it makes others wait.
void on_tracer_thread(const std::function<void()>& work);

}  // namespace kvtool::snapshot

// LockLine: a thread's own account of which locks it holds and wants, kept in the flight file where it
// outlives the thread. Device locks, runtime locks and scenario mutexes all announce themselves here, so a
// dump can name every party of a cycle even where no symbol and no owner field tells.
//
// Each line is written by its own thread only, or by others under a lock that it takes before it writes
// again. Readers are other processes, which use the sequence number; nothing in this process reads a line, so
// plain stores between two release stores of the sequence suffice.
#pragma once

#include <cstdint>
#include <string_view>

#include "core/runtime/flight_layout.h"

namespace kvtool {

class LockLine {
 public:
  // The calling thread's line, or null when none was bound: then every announcement is a no-op.
  static LockLine* current();

  explicit LockLine(FlightLine* line) : line_(line) {}
  LockLine(const LockLine&) = delete;
  LockLine& operator=(const LockLine&) = delete;

  // The thread begins to wait for `resource` inside `where` (both truncated to 47 bytes).
  void want(std::string_view resource, std::string_view where);
  // What it wanted is now held.
  void got();
  // It no longer wants it (a wait that ends without holding anything, or a failed attempt).
  void end_wait();
  // From now on what it says of the driver comes from a driver model.
  void speak_by_model();
  // Held from now on; more than kLineHolds at a time are not recorded.
  void hold(std::string_view resource);
  void drop(std::string_view resource);

 private:
  FlightLine* line_;
};

// RAII: wants `resource` while it lives; for waits that end without holding.
class ScopedWait {
 public:
  ScopedWait(std::string_view resource, std::string_view where) : line_(LockLine::current()) {
    if (line_ != nullptr) line_->want(resource, where);
  }
  ScopedWait(const ScopedWait&) = delete;
  ScopedWait& operator=(const ScopedWait&) = delete;
  ~ScopedWait() {
    if (line_ != nullptr) line_->end_wait();
  }

 private:
  LockLine* line_;
};

// RAII: holds `resource` while it lives. `resource` must outlive the scope.
class ScopedHold {
 public:
  explicit ScopedHold(std::string_view resource) : line_(LockLine::current()), resource_(resource) {
    if (line_ != nullptr) line_->hold(resource_);
  }
  ScopedHold(const ScopedHold&) = delete;
  ScopedHold& operator=(const ScopedHold&) = delete;
  ~ScopedHold() {
    if (line_ != nullptr) line_->drop(resource_);
  }

 private:
  LockLine* line_;
  std::string_view resource_;
};

}  // namespace kvtool

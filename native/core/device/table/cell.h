// One cell of the driver table: with a blocker on stream S, thread 1 makes the first call, then thread 2 the
// second. Which of them block?
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include "core/device/table/attempt.h"
#include "core/device/table/bench.h"
#include "core/device/table/calls.h"

namespace kvtool::table {

struct CallResult {
  bool blocks = false;
  // Why the call failed; empty when it did not. Of a call that blocks it is known only after release().
  std::string failure;
  // What it waits for, where the device tells ("driver-lock:W"); empty elsewhere.
  std::string waits_for;
};

class Cell {
 public:
  struct Names {
    std::string_view blocker, first, second;
  };
  // Puts the blocker in place. `blocks_after`: a call that has not returned by then blocks, where the device
  // does not tell by itself. Throws std::invalid_argument for a name that there is not, std::runtime_error
  // when the device cannot be prepared.
  Cell(Device& device, const Names& names, BenchOptions options, std::chrono::milliseconds blocks_after);

  // Makes the calls, in this order.
  void run();
  // Lets the blocker go and waits until both calls have returned; false when they have not after `limit`.
  // Then the object cannot be destroyed: end the process.
  bool release(std::chrono::milliseconds limit);

  const CallResult& first() const { return first_; }
  const CallResult& second() const { return second_; }

 private:
  CallResult look_at(Attempt& attempt, const std::string& failure) const;
  std::unique_ptr<Attempt> attempt(const TableCall& call, std::string& failure);

  Device& device_;
  const std::chrono::milliseconds blocks_after_;
  const TableCall& first_call_;
  const TableCall& second_call_;
  std::string first_failure_, second_failure_;  // written by the attempts' threads before they return
  CallResult first_, second_;
  Bench bench_;
  std::unique_ptr<Attempt> first_attempt_, second_attempt_;  // last: they use the rest
};

}  // namespace kvtool::table

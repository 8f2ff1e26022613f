// What an execution is run under, and how it can end.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string_view>

namespace kvtool::explore {

enum class MemoryModel : std::uint8_t { sc, tso, pso, arm };
std::string_view to_string(MemoryModel model);

enum class Outcome : std::uint8_t {
  ok,
  deadlock,
  livelock,
  violation,  // an invariant that the program states
  race,       // two accesses of plain data that nothing orders
  leak,
  use_after_free,
  double_free,
  exception,  // an actor let one out, or misused a primitive
  bound,      // did not end within the number of steps
  pruned,     // the search has been here
  redundant,  // a spin that another execution covers
};
std::string_view to_string(Outcome outcome);
// Something is wrong with the program, in contrast to a limit or a pruned execution.
constexpr bool is_failure(Outcome outcome) { return outcome > Outcome::ok && outcome < Outcome::bound; }

struct Limits {
  unsigned steps = 5000;          // of one execution; at most 32,000
  unsigned timeouts = 2;          // how often one actor's timed waits may give up while others could go on
  unsigned spurious_wakeups = 0;  // of condition variables, in one execution
  unsigned store_buffer = 8;      // entries, where the memory model has store buffers; at most 32
};

// What is wrong with the set-up, not with the program under test: too many agents or objects.
class ModelLimit : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace kvtool::explore

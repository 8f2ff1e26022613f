// kvtool::explore: every interleaving of a lock protocol of your own. Write the protocol once, as a template
// over a runtime `Rt`; explore() runs it in a model that decides who goes next, until it fails or until the
// whole bounded state space has been seen. The same template runs in production over kvtool::ProductRuntime.
//
//   #include <kvtool/explore.h>
//
//   template <class Rt>
//   struct Counter {
//     static constexpr unsigned kActors = 2;                  // threads
//     typename Rt::mutex lock{"lock"};                        // names are for the trace
//     typename Rt::template plain<int> count{0, "count"};     // data that a lock must protect
//     void run(unsigned /*actor*/) { const std::lock_guard guard(lock); ++count.write(); }
//     void finish() { Rt::check(count.read() == 2, "both have counted"); }
//   };
//
//   int main() {
//     const auto result = kvtool::explore::explore<Counter>();
//     std::cout << result;
//     return result.exit_code();
//   }
//
// In GoogleTest: EXPECT_TRUE(explore<Counter>().proved()) << ..., or ASSERT_EQ(result.outcome,
// Outcome::deadlock). Nothing needs a macro; Result prints itself.
//
// The program class, see core/explorer/program.h for all of it:
//   kActors or `static unsigned actor_count(args...)`  how many threads begin; at most 16
//   run(actor)                                         the body of one thread
//   finish()                                           optional: what must hold when all have ended
//   actor_name(actor)                                  optional, static
//   kMayBeAbandoned = true                             optional: nothing on a thread's stack owns memory but
//                                                      lock guards; searches are then ten times faster
// It is made anew for every execution, from copies of the `args` of explore(). What threads share is members
// of types of Rt: mutex, recursive_mutex, timed_mutex, shared_mutex, condvar, semaphore, atomic<T>, plain<T>.
// Rt::check states an invariant, Rt::choose(n) explores all n, Rt::spin waits by reading. No globals, no
// time, no addresses, no chance: explore() runs it twice and says what differs. An actor's stack has 64 KiB.
//
// Errors: std::invalid_argument for options out of range, a name with other letters than those allowed, a
// schedule that is not this program's, or a library that was built with another sanitizer; ModelLimit when
// the program does not fit (16 threads, 320 objects). Thread-safe: explorations on several threads do not
// know of each other; each uses the thread that it is called on, and starts none.
#pragma once

#include <chrono>
#include <concepts>
#include <cstdint>
#include <functional>
#include <iosfwd>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <typeinfo>
#include <vector>

#include "core/explorer/explorer.h"
#include "core/explorer/program.h"
#include "core/explorer/sanitizers.h"
#include "core/runtime/model_runtime.h"
#include "core/runtime/product_runtime.h"
#include "core/runtime/real_actors.h"
#include "core/runtime/real_runtime.h"

namespace kvtool::explore {

struct Options {
  // What the program is called in texts and schedules: letters, digits, '-' and '_'. Empty: its class.
  std::string name = {};
  // sc: every thread sees every store at once. tso: x86-64. pso, arm: weaker. See docs/explore.md.
  MemoryModel model = MemoryModel::sc;
  // Steps of an execution, timeouts of an actor, spurious wake-ups, entries of a store buffer.
  Limits limits = {};
  std::uint64_t seed = 1;                    // of the random strategies; the same seed, the same result
  double seconds = 60;                       // for all of it; what is not proved by then is `not_found`
  std::uint64_t random_executions = 20'000;  // before the exhaustive search
  std::uint64_t exhaustive_executions = 5'000'000;  // of the exhaustive search
  // Lines of the source in the trace of a failure, by the program's debug information and addr2line.
  bool source_lines = true;
};

struct Result {
  std::string name;
  // proved: the whole space was explored and nothing fails. failed. not_found: nothing failed in what was
  // explored. nondeterministic: the same choices gave another execution. bound: executions do not end within
  // the limit of steps.
  Conclusion conclusion = Conclusion::not_found;
  Outcome outcome = Outcome::ok;  // what the failure is: deadlock, livelock, violation, race, ...
  std::string message;            // which invariant, or what was raced; may be empty for a deadlock
  std::string explanation;        // how much was explored, and how the failure was found
  std::string trace;              // the failure as a table: a row for each step, a column for each thread
  std::string schedule;           // one line that replay() turns into this very failure
  unsigned steps = 0;             // of the shortest failure that was found
  std::uint64_t executions = 0, states = 0;
  double seconds = 0;

  bool proved() const { return conclusion == Conclusion::proved; }
  bool failed() const { return conclusion == Conclusion::failed; }
  // As kvtool's: 0 proved, 3 deadlock or livelock, 4 another failure, 5 neither failed nor proved.
  int exit_code() const;
  // All of it for a person to read; ends with a line end.
  std::string text() const;
};
std::ostream& operator<<(std::ostream& out, const Result& result);

namespace detail {

// What stands for a program class and its arguments in a schedule.
struct Subject {
  std::string type;                     // the mangled name of the class
  std::vector<std::int64_t> arguments;  // those that are numbers, in their order
  Sanitizer sanitizer = kSanitizer;     // the caller's
};
Result explore_program(Program& program, const Options& options, const Subject& subject);
Result replay_program(Program& program, std::string_view schedule, const Options& options,
                      const Subject& subject);

template <class State, class... Args>
Subject subject_of(const Args&... args) {
  Subject subject{.type = typeid(State).name(), .arguments = {}};
  [[maybe_unused]] const auto add = [&](const auto& arg) {
    using Arg = std::remove_cvref_t<decltype(arg)>;
    if constexpr (std::integral<Arg> || std::is_enum_v<Arg>)
      subject.arguments.push_back(static_cast<std::int64_t>(arg));
  };
  (add(args), ...);
  return subject;
}

}  // namespace detail

// Explores State, whose runtime is ModelRuntime: explore<Queue<ModelRuntime, Notify::one>>(options, 3).
template <class State, class... Args>
Result explore(const Options& options = {}, const Args&... args) {
  ProgramOf<State, Args...> program(args...);
  return detail::explore_program(program, options, detail::subject_of<State>(args...));
}
// The same for a template over Rt alone: explore<Counter>().
template <template <class> class State, class... Args>
Result explore(const Options& options = {}, const Args&... args) {
  return explore<State<ModelRuntime>>(options, args...);
}

// Runs the one execution that `schedule` stands for: Result::schedule of explore() with the same class, name
// and arguments, on any machine. The conclusion is `failed`, or `not_found` when the program no longer fails
// so.
template <class State, class... Args>
Result replay(std::string_view schedule, const Options& options = {}, const Args&... args) {
  ProgramOf<State, Args...> program(args...);
  return detail::replay_program(program, schedule, options, detail::subject_of<State>(args...));
}
template <template <class> class State, class... Args>
Result replay(std::string_view schedule, const Options& options = {}, const Args&... args) {
  return replay<State<ModelRuntime>>(schedule, options, args...);
}

// The same code on real threads, round after round, with seeded delays at Rt::perturb(...), in a child
// process that is killed when it hangs. REQUIRES: the calling process has one thread. Throws
// std::system_error when no child can be made.
template <class State, class... Args>
RealRunResult run_on_threads(const RealRunOptions& options = {}, const Args&... args) {
  return run_for_real([&] { return std::make_unique<ProgramOf<State, Args...>>(args...); }, options);
}
template <template <class> class State, class... Args>
RealRunResult run_on_threads(const RealRunOptions& options = {}, const Args&... args) {
  return run_on_threads<State<RealRuntime>>(options, args...);
}

}  // namespace kvtool::explore

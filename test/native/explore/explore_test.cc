#include "kvtool/explore.h"

#include <gtest/gtest.h>

#include <mutex>
#include <sstream>
#include <stdexcept>
#include <string>

namespace {

using kvtool::ModelRuntime;
using kvtool::RealRunResult;
using kvtool::explore::Conclusion;
using kvtool::explore::explore;
using kvtool::explore::Outcome;
using kvtool::explore::replay;
using kvtool::explore::Result;
using kvtool::explore::run_on_threads;

template <class Rt>
struct Swap {
  static constexpr unsigned kActors = 2;
  explicit Swap(bool in_order) : ordered(in_order) {}
  void run(unsigned actor) {
    const bool swapped = actor == 1 && !ordered;
    const std::lock_guard outer(swapped ? b : a);
    const std::lock_guard inner(swapped ? a : b);
  }
  const bool ordered;
  typename Rt::mutex a{"a"}, b{"b"};
};

template <class Rt>
struct Count {
  static constexpr unsigned kActors = 2;
  void run(unsigned) { total.store(total.load() + 1); }
  void finish() { Rt::check(total.load() == 2, "every increment counts"); }
  typename Rt::template atomic<int> total{0, "total"};
};

template <class Rt>
struct Racy {
  static constexpr unsigned kActors = 2;
  void run(unsigned) { ++total.write(); }
  typename Rt::template plain<int> total{0, "total"};
};

template <class Rt>
struct Throws {
  static constexpr unsigned kActors = 1;
  void run(unsigned) { throw std::runtime_error("no such block"); }
};

// What another thread wrote may be seen late: only with store buffers do both read 0.
template <class Rt>
struct StoreBuffering {
  static constexpr unsigned kActors = 2;
  void run(unsigned actor) {
    (actor == 0 ? x : y).store(1, std::memory_order_relaxed);
    seen[actor] = (actor == 0 ? y : x).load(std::memory_order_relaxed);
  }
  void finish() { Rt::check(seen[0] + seen[1] > 0, "one of the two is seen"); }
  typename Rt::template atomic<int> x{0, "x"}, y{0, "y"};
  int seen[2] = {1, 1};
};

// Depends on what an earlier execution left.
template <class Rt>
struct Remembers {
  static constexpr unsigned kActors = 1;
  void run(unsigned) {
    static unsigned executions = 0;
    for (unsigned i = 0; i <= executions; ++i) Rt::yield();
    ++executions;
  }
};

template <class Rt>
struct NeverEnds {
  static constexpr unsigned kActors = 1;
  void run(unsigned) {
    for (;;) Rt::yield();
  }
};

TEST(ExploreYourCode, ShowsADeadlockWithItsTrace) {
  const Result result = explore<Swap>({}, false);
  EXPECT_EQ(result.conclusion, Conclusion::failed);
  EXPECT_EQ(result.outcome, Outcome::deadlock);
  EXPECT_EQ(result.exit_code(), 3);
  EXPECT_EQ(result.steps, 2U);
  EXPECT_EQ(result.name, "Swap");
  EXPECT_NE(result.trace.find("T0 holds mutex:a and waits for mutex:b, which T1 holds"), std::string::npos)
      << result;
  // The line is that of the program and not of the lock guard's, whatever was inlined.
  EXPECT_NE(result.trace.find("explore_test.cc:"), std::string::npos) << result;
  EXPECT_EQ(result.trace.find("std_mutex.h"), std::string::npos) << result;
}

TEST(ExploreYourCode, ProvesTheFix) {
  const Result result = explore<Swap>({}, true);
  EXPECT_TRUE(result.proved()) << result;
  EXPECT_EQ(result.exit_code(), 0);
  EXPECT_EQ(result.outcome, Outcome::ok);
  EXPECT_TRUE(result.trace.empty());
  EXPECT_TRUE(result.schedule.empty());
}

TEST(ExploreYourCode, NamesTheInvariantThatBroke) {
  const Result result = explore<Count>({.name = "counter"});
  EXPECT_EQ(result.outcome, Outcome::violation);
  EXPECT_EQ(result.message, "every increment counts");
  EXPECT_EQ(result.exit_code(), 4);
  EXPECT_TRUE(result.text().starts_with("counter: violation in ")) << result;
}

TEST(ExploreYourCode, SaysWhereARaceIs) {
  const Result result = explore<Racy>();
  EXPECT_EQ(result.outcome, Outcome::race);
  EXPECT_NE(result.trace.find("fails"), std::string::npos) << result;
  EXPECT_NE(result.trace.find("explore_test.cc:"), std::string::npos) << result;
}

TEST(ExploreYourCode, TakesAnExceptionForAFailure) {
  const Result result = explore<Throws>();
  EXPECT_EQ(result.outcome, Outcome::exception);
  EXPECT_NE(result.message.find("no such block"), std::string::npos);
}

TEST(ExploreYourCode, KnowsWeakerMemory) {
  EXPECT_TRUE(explore<StoreBuffering>().proved());
  const Result result = explore<StoreBuffering>({.model = kvtool::explore::MemoryModel::tso});
  EXPECT_EQ(result.outcome, Outcome::violation) << result;
  EXPECT_NE(result.trace.find("buffers"), std::string::npos) << result;
}

TEST(ExploreYourCode, SaysThatItCannotTell) {
  const Result again = explore<Remembers>();
  EXPECT_EQ(again.conclusion, Conclusion::nondeterministic) << again;
  EXPECT_EQ(again.exit_code(), 5);
  const Result endless = explore<NeverEnds>({.limits = {.steps = 100}});
  EXPECT_EQ(endless.conclusion, Conclusion::bound) << endless;
  EXPECT_EQ(endless.exit_code(), 5);
}

TEST(ExploreYourCode, ReplaysItsOwnScheduleOnly) {
  const Result found = explore<Swap>({}, false);
  const Result again = replay<Swap>(found.schedule, {}, false);
  EXPECT_EQ(again.outcome, Outcome::deadlock);
  EXPECT_EQ(again.trace, found.trace);
  EXPECT_EQ(again.schedule, found.schedule);
  // Another class, other arguments, another name, no schedule at all.
  EXPECT_THROW(replay<Count>(found.schedule, {.name = "Swap"}), std::invalid_argument);
  EXPECT_THROW(replay<Swap>(found.schedule, {}, true), std::invalid_argument);
  EXPECT_THROW(replay<Swap>(found.schedule, {.name = "other"}, false), std::invalid_argument);
  EXPECT_THROW(replay<Swap>("kv1", {}, false), std::invalid_argument);
}

TEST(ExploreYourCode, RefusesWhatItCannotMean) {
  EXPECT_THROW(explore<Count>({.name = "a.b"}), std::invalid_argument);
  EXPECT_THROW(explore<Count>({.limits = {.steps = 0}}), std::invalid_argument);
  EXPECT_THROW(explore<Count>({.seconds = 0}), std::invalid_argument);
}

// Fibers tell the sanitizer of their stacks or not; half of it built so would report what is not there.
TEST(ExploreYourCode, RefusesALibraryBuiltOtherwise) {
  using kvtool::explore::Sanitizer;
  kvtool::explore::ProgramOf<Count<ModelRuntime>> program;
  auto subject = kvtool::explore::detail::subject_of<Count<ModelRuntime>>();
  EXPECT_EQ(explore_program(program, {}, subject).outcome, Outcome::violation);
  subject.sanitizer = subject.sanitizer == Sanitizer::none ? Sanitizer::address : Sanitizer::none;
  EXPECT_THROW(explore_program(program, {}, subject), std::invalid_argument);
}

TEST(ExploreYourCode, PrintsItself) {
  const Result result = explore<Swap>({.source_lines = false}, false);
  std::ostringstream out;
  out << result;
  EXPECT_EQ(out.str(), result.text());
  EXPECT_EQ(result.trace,
            "  step  T0            T1            at  locks after it\n"
            "  1     lock a                          a: T0\n"
            "  2                   lock b            a: T0, b: T1\n"
            "  end   wants lock b\n"
            "  end                 wants lock a\n"
            "  T0 holds mutex:a and waits for mutex:b, which T1 holds\n"
            "  T1 holds mutex:b and waits for mutex:a, which T0 holds\n");
}

TEST(ExploreYourCode, RunsTheSameCodeOnThreads) {
  const RealRunResult result = run_on_threads<Swap>({.rounds = 50}, true);
  EXPECT_EQ(result.end, RealRunResult::End::done);
  EXPECT_EQ(result.rounds, 50U);
}

}  // namespace

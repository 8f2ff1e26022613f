#include "core/runtime/real_actors.h"

#include <gtest/gtest.h>

#include <csignal>
#include <mutex>

#include "core/runtime/real_runtime.h"

namespace kvtool {
namespace {

using explore::ProgramOf;
using End = RealRunResult::End;

struct AbBa {
  static constexpr unsigned kActors = 2;
  explicit AbBa(bool in_order) : ordered(in_order) {}
  void run(unsigned actor) {
    auto& first = actor == 0 || ordered ? a : b;
    auto& second = actor == 0 || ordered ? b : a;
    const std::lock_guard outer(first);
    RealRuntime::perturb("abba:between");
    const std::lock_guard inner(second);
  }
  const bool ordered;
  RealRuntime::mutex a, b;
};

struct Broken {
  static constexpr unsigned kActors = 2;
  void run(unsigned actor) { RealRuntime::check(actor == 0, "only the first actor runs"); }
};

struct Crashes {
  static constexpr unsigned kActors = 1;
  void run(unsigned) { raise(SIGKILL); }
};

// Waits for what nobody will write, and computes all the time.
struct Spins {
  static constexpr unsigned kActors = 2;
  void run(unsigned) {
    for (RealRuntime::spin spin; !flag.load(std::memory_order_relaxed);) spin.wait();
  }
  RealRuntime::atomic<bool> flag{false};
};

// Breaks an invariant, and waits for ever for that reason.
struct BreaksAndHangs {
  static constexpr unsigned kActors = 2;
  void run(unsigned actor) {
    if (actor == 0) return;
    RealRuntime::check(false, "actor 0 gives what it owes");
    owed.acquire();
  }
  RealRuntime::semaphore owed{0, "what actor 0 owes"};
};

template <class State, class... Args>
RealRunResult run(const RealRunOptions& options, Args... args) {
  return run_for_real([&] { return std::make_unique<ProgramOf<State, Args...>>(args...); }, options);
}

TEST(RunForReal, EndsWhatHangs) {
  const RealRunResult result =
      run<AbBa>({.rounds = 10'000'000, .hung_after = std::chrono::milliseconds(500)}, false);
  // Of the rounds nothing can be said: the very first may be the one that hangs.
  EXPECT_EQ(result.end, End::hung);
}

TEST(RunForReal, EndsWhatSpinsForEver) {
  const RealRunResult result = run<Spins>({.rounds = 1, .hung_after = std::chrono::milliseconds(200)});
  EXPECT_EQ(result.end, End::hung);
  EXPECT_EQ(result.rounds, 0U);
}

TEST(RunForReal, SaysWhichInvariantBrokeBeforeARoundHung) {
  const RealRunResult result =
      run<BreaksAndHangs>({.rounds = 1, .hung_after = std::chrono::milliseconds(200)});
  EXPECT_EQ(result.end, End::hung);
  EXPECT_EQ(result.broken, std::vector<std::string>{"actor 0 gives what it owes"});
}

TEST(RunForReal, BeginsNoRoundWhenTheTimeIsOver) {
  std::uint64_t told = 0;
  const RealRunResult result = run<AbBa>({.rounds = 1'000'000'000,
                                          .longest = std::chrono::milliseconds(300),
                                          .progress = [&](std::uint64_t rounds) { told = rounds; }},
                                         true);
  EXPECT_EQ(result.end, End::done);
  EXPECT_GT(result.rounds, 0U);
  EXPECT_LE(told, result.rounds);
}

TEST(RunForReal, RepeatsARoundByItsSeed) {
  EXPECT_EQ(round_seed(7, 0), 7U);
  EXPECT_EQ(round_seed(round_seed(7, 3), 0), round_seed(7, 3));
  EXPECT_EQ(round_seed(0x7fffffff, 1), 0U);  // as long as a seed may be
}

TEST(RunForReal, LetsTheFixedOneEnd) {
  const RealRunResult result = run<AbBa>({.rounds = 300}, true);
  EXPECT_EQ(result.end, End::done);
  EXPECT_EQ(result.rounds, 300U);
}

TEST(RunForReal, SaysWhichInvariantBroke) {
  const RealRunResult result = run<Broken>({.rounds = 300});
  EXPECT_EQ(result.end, End::broken);
  EXPECT_EQ(result.rounds, 1U);
  EXPECT_EQ(result.broken, std::vector<std::string>{"only the first actor runs"});
}

TEST(RunForReal, SaysOfWhatTheChildDied) {
  const RealRunResult result = run<Crashes>({.rounds = 300});
  EXPECT_EQ(result.end, End::crashed);
  ASSERT_EQ(result.broken.size(), 1U);
  EXPECT_NE(result.broken.front().find("Killed"), std::string::npos);
}

}  // namespace
}  // namespace kvtool

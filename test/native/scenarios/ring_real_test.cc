// The ring's scenarios with real threads and with real processes that share memory.
//
// On x86-64 the unfenced variants of D1 and D2 never fail: it is the TSO of the model, where they are proved.
// So what is asserted here is that the same code runs for real and that nothing false is reported; the bug
// itself is shown by the model. Elsewhere they may fail, which is no failure of the test.
#include <gtest/gtest.h>

#include <thread>
#include <tuple>

#include "core/explorer/catalog.h"
#include "core/runtime/invariants.h"
#include "core/runtime/perturbation.h"
#include "core/runtime/real_runtime.h"
#include "ring/actors.h"
#include "slot-not-released/actors.h"
#include "spin-holds-gil/actors.h"
#include "support/processes.h"

namespace kvtool {
namespace {

using Rt = RealRuntime;
constexpr unsigned kMessages = 100;

#if defined(__x86_64__)
constexpr bool kStoresAreOrdered = true;
#else
constexpr bool kStoresAreOrdered = false;
#endif

void run_threads(explore::Program& program) {
  program.reset();
  std::vector<RealThread> threads;
  for (unsigned actor = 0; actor < program.actors(); ++actor)
    threads.emplace_back(program.actor_name(actor), [&program, actor] { program.run(actor); });
  threads.clear();
  program.finish();
}

// Every variant of `id` by its own real factory. REQUIRES: every actor ends.
void run_catalogued(const char* id, const char* variant, explore::Parameters parameters) {
  SCOPED_TRACE(std::string(id) + " " + variant);
  const explore::Scenario& scenario = explore::catalog().at(id);
  const explore::Variant* found = scenario.find(variant);
  ASSERT_NE(found, nullptr);
  ASSERT_TRUE(found->real);
  take_broken_invariants();
  for (std::uint64_t seed = 1; seed <= 2; ++seed) {
    Perturbation::enable(seed);
    const auto program = found->real(scenario.resolve(parameters));
    run_threads(*program);
    Perturbation::disable();
  }
  const auto broken = take_broken_invariants();
  if (!found->real_may_not_show || kStoresAreOrdered) {
    EXPECT_TRUE(broken.empty()) << broken.front();
  }
}

TEST(RingThreads, UnfencedAndFencedTrafficOnThisProcessor) {
  const explore::Parameters sizes = {{"slots", 2}, {"readers", 2}, {"messages", kMessages}};
  run_catalogued("publish-unfenced", "fixed", sizes);
  run_catalogued("clear-unfenced", "fixed", sizes);
  run_catalogued("ring", "minimal", sizes);
  if (!kStoresAreOrdered) return;  // elsewhere a lost acknowledgement may keep the writer for ever
  run_catalogued("publish-unfenced", "buggy", sizes);
  run_catalogued("publish-unfenced", "first-fences", sizes);
  run_catalogued("clear-unfenced", "buggy", sizes);
}

template <class Fences>
void run_processes() {
  using State = ring::Traffic<Rt, Fences, PayloadUse::copied>;
  const ring::TrafficSize size{.slots = 2, .readers = 2, .messages = kMessages};
  InSharedMemory<State> state(size);
  auto processes = in_processes(*state, State::actor_count(size));
  for (Process& process : processes) EXPECT_EQ(process.wait(), 0);
  state->finish();
  EXPECT_TRUE(take_broken_invariants().empty());
}
TEST(RingProcesses, MinimalFences) { run_processes<MinimalFences>(); }
TEST(RingProcesses, UnfencedOnX86) {
  if (!kStoresAreOrdered) GTEST_SKIP() << "the unfenced ring may fail on this processor, and then hang";
  run_processes<FencesAt<kNoFences>>();
  run_processes<FencesAt<kUpstreamFences, true>>();
}

// D4. The reader is gone with the slot, so that the writer can never go on: it is killed in its loop.
TEST(RingProcesses, AnExceptionKeepsTheSlotForEver) {
  using State = slot_not_released::SlotNotReleased<Rt, false>;
  InSharedMemory<State> state(2U, 8U, 1U);
  Process reader([&] { state->run(1); });
  Process writer([&] { state->run(0); });
  EXPECT_EQ(reader.wait(), 0);
  // Two slots, so two messages go out. The first slot is full, its only reader has ended without reading it.
  while (state->sent() < 2) std::this_thread::yield();
  EXPECT_TRUE(state->ring()->is_written(0));
  EXPECT_FALSE(state->ring()->is_read(0, 0));
  EXPECT_TRUE(writer.is_running());
  EXPECT_EQ(state->sent(), 2U);
}
TEST(RingProcesses, AFinallyGivesTheSlotBack) {
  using State = slot_not_released::SlotNotReleased<Rt, true>;
  InSharedMemory<State> state(2U, kMessages, 1U);
  auto processes = in_processes(*state, State::kActors);
  for (Process& process : processes) EXPECT_EQ(process.wait(), 0);
  EXPECT_EQ(state->sent(), kMessages);
}

// D6. Both threads are in one process, as the bug wants it; that process is a child, because it never ends.
template <class State>
void run_both_threads(State& state) {
  RealThread reader("R0", [&] { state.run(1); });
  state.run(0);
}
TEST(RingProcesses, AWriterThatSpinsWithTheRuntimeLockStarvesItsReader) {
  using State = spin_holds_gil::SpinHoldsGil<Rt, spin_holds_gil::Yield::keeps_lock>;
  InSharedMemory<State> state(1U, 2U);
  Process process([&] { run_both_threads(*state); });
  while (state->sent() < 1) std::this_thread::yield();
  // The writer holds the lock from its first message to its last. If the reader ever got it, the second
  // message would follow; that it cannot is the point, and a moment of yielding must not change it.
  for (int i = 0; i < 1000; ++i) std::this_thread::yield();
  EXPECT_EQ(state->received(), 0U);
  EXPECT_TRUE(process.is_running());
}
TEST(RingProcesses, AWriterThatDropsTheLockDoesNot) {
  using State = spin_holds_gil::SpinHoldsGil<Rt, spin_holds_gil::Yield::drops_lock>;
  InSharedMemory<State> state(1U, kMessages);
  Process process([&] { run_both_threads(*state); });
  EXPECT_EQ(process.wait(), 0);
  EXPECT_EQ(state->received(), kMessages);
}

}  // namespace
}  // namespace kvtool

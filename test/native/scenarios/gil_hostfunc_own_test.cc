// The variants of gil-hostfunc with parties of their own, under a runtime lock of our own: no interpreter, so
// they run under the sanitizers, and what hangs can be dissolved again.
#include <gtest/gtest.h>

#include <atomic>
#include <mutex>
#include <thread>

#include "gil-hostfunc/device_world.h"
#include "support/dissolvable_lock.h"

namespace kvtool::gil_hostfunc {
namespace {

Parameters one_worker() {
  Parameters parameters;
  parameters.workers = 1;
  parameters.kernel_limit = std::chrono::seconds(60);  // only the window ends the kernel
  return parameters;
}

std::uint64_t gauge(Flight& flight, const char* name) {
  return flight.counter(name, CounterKind::gauge).value();
}

TEST(WaitUnderLock, LeavesCallerAndResponseThreadWaitingForEachOther) {
  const auto flight = Flight::in_memory();
  DeviceWorld sim(one_worker(), *flight);
  auto& world = sim.actors();
  DissolvableLock runtime_lock;
  CallbackUnderLock callback(runtime_lock);
  world.release();
  world.begin_request(0);
  world.end_publish(0);

  std::atomic<bool> caller_is_back = false;
  std::thread caller([&] {
    ASSERT_TRUE(runtime_lock.lock());
    world.response().wait();  // with the lock kept: this is the bug
    caller_is_back = true;
    runtime_lock.unlock();
  });
  std::thread response([&] {
    std::uint64_t seen = 0;
    EXPECT_TRUE(world.response().respond(&seen, callback));
  });

  runtime_lock.await_waiter();
  EXPECT_EQ(flight->header().window_opens, 1u);
  EXPECT_FALSE(caller_is_back);

  runtime_lock.dissolve();
  caller.join();
  response.join();
  world.settle(0);
  EXPECT_TRUE(caller_is_back);
}

TEST(WaitUnderLock, IsCleanWithTheLockDroppedAndTheWindowOpen) {
  const auto flight = Flight::in_memory();
  DeviceWorld sim(one_worker(), *flight);
  auto& world = sim.actors();
  DissolvableLock runtime_lock;
  CallbackUnderLock callback(runtime_lock);
  world.release();
  constexpr std::uint64_t kRequests = 20;

  std::thread response([&] {
    for (std::uint64_t seen = 0; world.response().respond(&seen, callback);) {
    }
  });
  for (std::uint64_t request = 0; request < kRequests; ++request) {
    world.begin_request(0);
    world.end_publish(0);
    world.response().wait();
    world.settle(0);
  }
  world.window().close();
  response.join();
  EXPECT_EQ(flight->header().window_opens, kRequests);
}

TEST(WaitUnderLock, EndsWithTheRunWhenNobodyResponds) {
  const auto flight = Flight::in_memory();
  DeviceWorld sim(one_worker(), *flight);
  auto& world = sim.actors();
  world.begin_request(0);
  world.end_publish(0);
  std::thread caller([&] { world.response().wait(); });
  world.window().close();
  caller.join();
}

class UnmapWaitsForever : public testing::TestWithParam<bool> {};

TEST_P(UnmapWaitsForever, ParksTheReaperUntilTheRunEnds) {
  const bool synchronise_first = GetParam();
  const auto flight = Flight::in_memory();
  Parameters parameters = one_worker();
  parameters.needs_entrant = false;
  DeviceWorld sim(parameters, *flight);
  auto& world = sim.actors();
  world.release();

  std::atomic<bool> reaper_is_back = false;
  std::thread reaper([&] {
    std::uint64_t seen = 0;
    ASSERT_TRUE(world.window().await_pending(&seen));
    world.reaper().map_segment();
    world.reaper().unmap_segment(synchronise_first);
    reaper_is_back = true;
  });
  world.begin_request(0);
  world.end_publish(0);
  world.settle(0);  // others go on: the request's kernel ends when the reaper waits
  EXPECT_EQ(flight->header().window_opens, 1u);
  EXPECT_FALSE(reaper_is_back);
  world.reaper().audit();
  EXPECT_EQ(gauge(*flight, "violation.reaper-stuck-memory-not-returned"), 1u);
  EXPECT_EQ(gauge(*flight, "segments.unmapped"), 0u);

  world.window().close();
  reaper.join();
  EXPECT_EQ(gauge(*flight, "segments.unmapped"), 1u);
}
INSTANTIATE_TEST_SUITE_P(Reapers, UnmapWaitsForever, testing::Bool());

class ClientsThatDoNoHarm : public testing::TestWithParam<bool> {};

TEST_P(ClientsThatDoNoHarm, GetTheirMemoryUnmapped) {
  const auto flight = Flight::in_memory();
  Parameters parameters = one_worker();
  parameters.needs_entrant = false;
  parameters.stream_waits_for_client = GetParam();
  parameters.client_dies = !GetParam();
  DeviceWorld sim(parameters, *flight);
  auto& world = sim.actors();
  world.release();
  constexpr std::uint64_t kRequests = 10;

  for (std::uint64_t request = 0; request < kRequests; ++request) {
    world.begin_request(0);
    world.end_publish(0);
    world.reaper().map_segment();
    world.reaper().unmap_segment(false);
    world.settle(0);
  }
  world.reaper().audit();
  EXPECT_EQ(flight->header().window_opens, kRequests);
  EXPECT_EQ(gauge(*flight, "segments.unmapped"), kRequests);
  EXPECT_EQ(gauge(*flight, "violation.reaper-stuck-memory-not-returned"), 0u);
}
INSTANTIATE_TEST_SUITE_P(Clients, ClientsThatDoNoHarm, testing::Bool());

TEST(Callables, ReuseTheMemoryOfWhatIsFreedAndTellTheObjectsApart) {
  const auto flight = Flight::in_memory();
  Callables<RealRuntime> callables(*flight);
  const auto first = callables.make();
  const auto second = callables.make();
  EXPECT_NE(first, second);
  EXPECT_TRUE(callables.use(first));
  callables.freed(first);
  callables.freed(first);  // once more changes nothing
  const auto third = callables.make();
  EXPECT_NE(third, first);
  EXPECT_EQ(third & 0xffff, first & 0xffff) << "it has the memory of the first";
  EXPECT_FALSE(callables.use(first));
  EXPECT_TRUE(callables.use(second));
  EXPECT_TRUE(callables.use(third));
  EXPECT_NE(callables.make(), third);
  EXPECT_EQ(gauge(*flight, "violation.use-after-free"), 1u);
}

TEST(Callables, GapLastsUntilTheOwnerHasComeBy) {
  const auto flight = Flight::in_memory();
  DeviceWorld sim(one_worker(), *flight);
  auto& world = sim.actors();
  world.release();
  world.begin_request(0);
  world.end_publish(0);
  std::thread owner([&] {
    std::uint64_t seen = 0;
    ASSERT_TRUE(world.window().await_holder(&seen));
    world.entrant_arrives();
    world.entrant_done();
  });
  world.callable_gap();
  owner.join();
  world.settle(0);
  EXPECT_EQ(flight->header().window_opens, 1u);
}

}  // namespace
}  // namespace kvtool::gil_hostfunc

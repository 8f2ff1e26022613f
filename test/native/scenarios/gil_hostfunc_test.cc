// The actors of gil-hostfunc under a runtime lock of our own: no interpreter, so they run under the
// sanitizers, and the deadlock can be dissolved again.
#include <gtest/gtest.h>

#include <atomic>
#include <mutex>
#include <thread>

#include "gil-hostfunc/device_world.h"
#include "support/dissolvable_lock.h"

namespace kvtool::gil_hostfunc {
namespace {

Parameters three_parties() {
  Parameters parameters;
  parameters.workers = 1;
  parameters.kernel_limit = std::chrono::seconds(60);  // only the window ends the kernel
  return parameters;
}

Event store_event() { return {.type = kStoreStart, .session = "request"}; }

TEST(GilHostfunc, CallbackPathLeavesThePartiesWaitingForEachOther) {
  const auto flight = Flight::in_memory();
  DeviceWorld sim(three_parties(), *flight);
  auto& world = sim.actors();
  DissolvableLock runtime_lock;
  CallbackUnderLock callback(runtime_lock);
  world.release();

  world.begin_request(0);
  ASSERT_EQ(world.launch_callback(0, 1, callback), Status::ok);
  world.end_publish(0);
  std::thread launcher([&] {
    std::uint64_t seen = 0;
    ASSERT_TRUE(world.window().await_pending(&seen));
    world.blocking_call();
  });
  std::thread entrant([&] {
    std::uint64_t seen = 0;
    ASSERT_TRUE(world.window().await_holder(&seen));
    ASSERT_TRUE(runtime_lock.lock());
    world.enter();  // with the lock kept: this is the bug
    runtime_lock.unlock();
  });

  // The callback asks for a lock whose holder is in the driver behind the launcher, which waits for the
  // callback.
  runtime_lock.await_waiter();
  EXPECT_EQ(flight->header().window_opens, 1u);
  EXPECT_EQ(flight->counter("callbacks.run", CounterKind::gauge).value(), 0u);

  runtime_lock.dissolve();
  launcher.join();
  entrant.join();
  world.settle(0);
  EXPECT_EQ(flight->counter("callbacks.run", CounterKind::gauge).value(), 1u);
}

TEST(GilHostfunc, RecorderPathFinishesWithTheWindowOpen) {
  const auto flight = Flight::in_memory();
  DeviceWorld sim(three_parties(), *flight);
  auto& world = sim.actors();
  std::mutex runtime_lock;
  ASSERT_TRUE(world.bus().start());
  world.release();
  constexpr std::uint64_t kRequests = 20;
  std::atomic<std::uint64_t> loaded{0};

  std::thread launcher([&] {
    for (std::uint64_t seen = 0; world.window().await_pending(&seen);) {
      world.blocking_call();
      loaded.fetch_add(1);
      loaded.notify_one();
    }
  });
  std::thread entrant([&] {
    for (std::uint64_t seen = 0; world.window().await_holder(&seen);) {
      const std::lock_guard kept(runtime_lock);
      world.enter();
    }
  });
  for (std::uint64_t request = 0; request < kRequests; ++request) {
    world.begin_request(0);
    ASSERT_EQ(world.bus().publish_on_stream(world.stream(0), store_event()), Status::ok);
    world.end_publish(0);
    world.settle(0);
    // A launcher that has not noticed yet that the device was idle waits for the next request's kernel too,
    // and keeps the publisher out of the driver before that request is pending: only the kernel's limit ends
    // that.
    loaded.wait(request);
  }
  world.window().close();
  launcher.join();
  entrant.join();

  EXPECT_TRUE(world.bus().stop(std::chrono::seconds(30)).complete);
  EXPECT_EQ(world.bus().stats().delivered, kRequests);
  EXPECT_EQ(flight->header().window_opens, kRequests);
}

TEST(GilHostfunc, WindowStaysClosedWhileTheEntrantIsAway) {
  const auto flight = Flight::in_memory();
  Parameters parameters = three_parties();
  parameters.kernel_limit = std::chrono::microseconds(1);  // the kernel ends by itself
  DeviceWorld sim(parameters, *flight);
  auto& world = sim.actors();
  world.release();

  world.begin_request(0);
  world.end_publish(0);
  world.blocking_call();
  world.settle(0);

  EXPECT_EQ(flight->header().window_opens, 0u);
}

TEST(GilHostfunc, TheEntrantDoesNotWaitForAHolderThatHasBeenAndGone) {
  const auto flight = Flight::in_memory();
  Parameters parameters = three_parties();
  parameters.kernel_limit = std::chrono::microseconds(1);  // the kernel ends before the two meet
  DeviceWorld sim(parameters, *flight);
  auto& world = sim.actors();
  world.release();
  std::uint64_t seen = 0;

  world.begin_request(0);
  world.end_publish(0);
  world.blocking_call();
  // In one thread, as the JS thread is publisher and entrant in one: a wait here would never end.
  EXPECT_TRUE(world.window().await_holder(&seen));
  world.enter();
  world.settle(0);
}

TEST(GilHostfunc, DestructorReturnsOnCudaAndWaitsOnHip) {
  for (const char* model : {"580-cuda13", "hip"}) {
    const auto flight = Flight::in_memory();
    Parameters parameters = three_parties();
    parameters.needs_entrant = false;
    parameters.driver_model = model;
    DeviceWorld sim(parameters, *flight);
    auto& world = sim.actors();
    DissolvableLock runtime_lock;
    CallbackUnderLock callback(runtime_lock);
    world.release();
    world.create_events();
    ASSERT_TRUE(runtime_lock.lock());

    world.begin_request(0);
    ASSERT_EQ(world.launch_callback(0, 1, callback), Status::ok);
    world.end_publish(0);
    std::thread destructor([&] {
      world.destroy_events();
      runtime_lock.unlock();
    });
    if (std::string_view(model) == "hip") {
      runtime_lock.await_waiter();
      EXPECT_EQ(flight->counter("driver-events.destroyed", CounterKind::gauge).value(), 0u);
      runtime_lock.dissolve();
    }
    destructor.join();
    world.settle(0);
    EXPECT_EQ(flight->counter("driver-events.destroyed", CounterKind::gauge).value(), parameters.live_events);
    EXPECT_EQ(flight->header().window_opens, 1u);
  }
}

TEST(GilHostfunc, ConfigurationIsReadStrictly) {
  EXPECT_THROW(parse_parameters("{}", "runtime-lock:GIL"), std::exception);
  const char* config =
      R"({"variant":"buggy","seed":7,"parameters":{"workers":3,"contexts":2,"blocking-call":"full-queue",
    "entrant-call":"auto","driver-model":"hip","live-events":1,"steer":"off","kernel-us":5,
    "foreign-event":"host","client-dies":"after-record","binding":"keeps"}})";
  const Parameters parameters = parse_parameters(config, "runtime-lock:GIL");
  EXPECT_EQ(parameters.workers, 3u);
  EXPECT_EQ(parameters.entrant_call, EntrantCall::event_create);
  EXPECT_FALSE(parameters.steer);
  EXPECT_TRUE(parameters.needs_entrant);
  EXPECT_FALSE(parameters.stream_waits_for_client);
  EXPECT_FALSE(parameters.client_dies);
}

}  // namespace
}  // namespace kvtool::gil_hostfunc

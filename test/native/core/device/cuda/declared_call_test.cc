// What the lock lines of a real driver's callers say: the same as on the simulated device.
#include "core/device/cuda/declared_call.h"

#include <gtest/gtest.h>

#include <barrier>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "../sim/flight_file.h"
#include "core/device/table/attempt.h"
#include "core/device/table/gate.h"
#include "stub_driver.h"

namespace kvtool {
namespace {

using cuda::Vendor;
using cuda::test::StubDriver;
using sim::test::FlightFile;
using sim::test::Line;
using table::Attempt;
using table::Gate;
using Holds = std::set<std::string>;

class DeclaredCalls : public testing::Test {
 protected:
  DeclaredCalls() {
    GpuOptions options = stub.options();
    options.flight = flight.get();
    device = std::make_unique<CudaDevice>(std::move(options));
    for (StreamId* stream : {&busy, &other}) EXPECT_EQ(device->create_stream(stream), Status::ok);
    EXPECT_EQ(device->create_event(&event), Status::ok);
  }

  // A call by a thread that has a lock line of that name; it is inside of it when this returns.
  std::function<Status()> as(std::string name, std::function<Status()> call) {
    return [this, name = std::move(name), call = std::move(call)] {
      const Flight::Thread line(*flight, name);
      return call();
    };
  }
  // The lines are written before the driver is called: what it wants stands there as soon as it wants
  // anything. `where`: in which call, when it passes through others on its way.
  Line waiting(const std::string& name, std::string_view where = {}) {
    for (;;) {
      const Line line = flight.find(name);
      if (!line.wants.empty() && (where.empty() || line.where == where)) return line;
      std::this_thread::yield();
    }
  }

  StubDriver stub{Vendor::cuda};
  FlightFile flight;
  std::unique_ptr<CudaDevice> device;
  StreamId busy{}, other{};
  EventId event{};
};

TEST_F(DeclaredCalls, TellEveryPartyOfALoadBehindAHostFunction) {
  Gate gate(*device);
  ModuleId cold{};
  ASSERT_EQ(device->create_module(&cold), Status::ok);
  ASSERT_EQ(device->launch_host_function(busy, Gate::pass, &gate), Status::ok);
  gate.wait_until_entered();
  Attempt loads(as("loader", [&] { return device->launch_kernel(other, cold, {}); }));
  const Line loader = waiting("loader");
  Attempt records(as("recorder", [&] { return device->record_event(event, other); }));
  Attempt creates(as("creator", [&] {
    EventId out{};
    return device->create_event(&out);
  }));
  EXPECT_EQ(loader.holds, (Holds{"driver-lock:C", "driver-lock:W"}));
  EXPECT_EQ(loader.wants, "device:idle");
  EXPECT_EQ(loader.where, "cudaLaunchKernel (first load)");
  EXPECT_TRUE(loader.by_model) << "the driver said nothing of this";
  EXPECT_EQ(waiting("recorder").wants, "driver-lock:W");
  EXPECT_EQ(waiting("creator").wants, "driver-lock:C");
  const Line executor = flight.line("host-function executor");
  EXPECT_FALSE(executor.by_model) << "the function itself says that it runs";
  EXPECT_EQ(executor.holds, (Holds{"device:host-functions", "device:idle", "stream:1"}));
  gate.open();
}

TEST_F(DeclaredCalls, TellAKernelBodyAndWhoWaitsForItsStream) {
  Gate gate(*device);
  ASSERT_EQ(device->launch_kernel(busy, device->loaded_module(), gate.kernel()), Status::ok);
  gate.wait_until_entered();
  Attempt waits(as("waiter", [&] { return device->synchronize_stream(busy); }));
  EXPECT_EQ(waiting("waiter").wants, "stream:1");
  EXPECT_EQ(flight.line("stream 1").holds, (Holds{"device:idle", "stream:1"}));
  gate.open();
}

TEST_F(DeclaredCalls, TellAStreamWhoseHostFunctionWaitsForAnothers) {
  Gate gate(*device);
  ASSERT_EQ(device->launch_host_function(other, Gate::pass, &gate), Status::ok);
  gate.wait_until_entered();
  ASSERT_EQ(device->launch_host_function(
                busy, [](void*) {}, nullptr),
            Status::ok);
  {
    Attempt waits(as("waiter", [&] { return device->synchronize_stream(busy); }));
    EXPECT_EQ(waiting("waiter").wants, "stream:1");
    const Line stream = waiting("stream 1");
    EXPECT_EQ(stream.wants, "device:host-functions");
    EXPECT_EQ(stream.holds, Holds{"stream:1"});
    EXPECT_EQ(flight.line("host-function executor").holds,
              (Holds{"device:host-functions", "device:idle", "stream:2"}));
    gate.open();
  }
  // Nobody waits any more, and nothing is said any more.
  while (!flight.find("stream 1").wants.empty()) std::this_thread::yield();
  EXPECT_EQ(flight.line("stream 1").holds, Holds{});
}

TEST_F(DeclaredCalls, TellAFullQueueFromALaunchThatHasRoom) {
  Gate gate(*device);
  ASSERT_EQ(device->launch_kernel(busy, device->loaded_module(), gate.kernel()), Status::ok);
  gate.wait_until_entered();
  Attempt fills(as("filler", [&] {
    for (int i = 0; i < 2000; ++i)
      if (const Status status = device->launch_kernel(busy, device->loaded_module(), {});
          status != Status::ok)
        return status;
    return Status::ok;
  }));
  const Line filler = waiting("filler", "cudaLaunchKernel (queue full)");
  EXPECT_EQ(filler.wants, "stream:1");
  EXPECT_EQ(filler.holds, Holds{"driver-lock:C"});
  gate.open();
}

// Another library's call: what stands in its way, and when nothing does the runtime lock that it takes again.
TEST_F(DeclaredCalls, TellWhatAnotherLibrarysCallWaitsFor) {
  Gate gate(*device);
  ModuleId cold{};
  ASSERT_EQ(device->create_module(&cold), Status::ok);
  ASSERT_EQ(device->launch_host_function(busy, Gate::pass, &gate), Status::ok);
  gate.wait_until_entered();

  const Flight::Thread me(*flight, "me");
  const auto declared = device->declare(Call::launch_host_function, other, "runtime-lock:GIL");
  EXPECT_EQ(flight.line("me").wants, "runtime-lock:GIL");
  EXPECT_EQ(flight.line("me").where, "cudaLaunchHostFunc");
  EXPECT_EQ(flight.line("me").holds, Holds{}) << "it may have given the lock back long ago";
  Attempt loads(as("loader", [&] { return device->launch_kernel(other, cold, {}); }));
  EXPECT_EQ(waiting("loader").wants, "device:idle") << "nobody keeps it out";

  std::thread([&] {
    const Flight::Thread line(*flight, "launches");
    const auto late = device->declare(Call::launch_host_function, other, "runtime-lock:GIL");
    EXPECT_EQ(flight.line("launches").wants, "driver-lock:C");
    gate.open();
    EXPECT_EQ(loads.result(), Status::ok);
    EXPECT_EQ(flight.line("launches").wants, "runtime-lock:GIL");
  }).join();
  EXPECT_EQ(flight.find("launches").wants, "");
}

TEST_F(DeclaredCalls, TellAnotherLibrarysCallThatKeepsTheRuntimeLockAsTheirOwn) {
  Gate gate(*device);
  ModuleId cold{};
  ASSERT_EQ(device->create_module(&cold), Status::ok);
  ASSERT_EQ(device->launch_host_function(busy, Gate::pass, &gate), Status::ok);
  gate.wait_until_entered();
  Attempt loads(as("loader", [&] { return device->launch_kernel(other, cold, {}); }));
  EXPECT_EQ(waiting("loader").wants, "device:idle");
  {
    const Flight::Thread me(*flight, "me");
    const auto declared = device->declare(Call::event_record, other, {});
    EXPECT_EQ(flight.line("me").wants, "driver-lock:W");
    EXPECT_EQ(flight.line("me").where, "cudaEventRecord");
  }
  EXPECT_EQ(device->declare(Call::event_record, StreamId{99}, {}), nullptr);
  gate.open();
}

// Two calls, the first from moment 0 to 2 and the second from 1 to 3, and what their lines say at each.
class DeclaredCallsInTurn : public testing::Test {
 protected:
  using State = std::pair<Holds, std::string>;
  struct Moment {
    State first, second;
    bool operator==(const Moment&) const = default;
  };

  std::vector<Moment> look_at(Call first, Call second) {
    std::barrier step(3);
    std::thread one = call(step, "first", first, 0, 2), other = call(step, "second", second, 1, 3);
    std::vector<Moment> seen;
    for (int now = 0; now < kMoments; ++now) {
      step.arrive_and_wait();  // everybody has done what this moment asks for
      seen.push_back({look("first"), look("second")});
      step.arrive_and_wait();
    }
    one.join();
    other.join();
    return seen;
  }

  const State nothing;

 private:
  static constexpr int kMoments = 4;

  std::thread call(std::barrier<>& step, const char* name, Call what, int begins, int ends) {
    return std::thread([this, &step, name, what, begins, ends] {
      const Flight::Thread line(*flight, name);
      std::optional<cuda::DeclaredCall> declared;
      for (int now = 0; now < kMoments; ++now) {
        if (now == begins) declared.emplace(shadow, what);
        if (now == ends) declared.reset();
        step.arrive_and_wait();
        step.arrive_and_wait();
      }
    });
  }
  State look(const char* name) {
    const Line line = flight.find(name);
    return {line.holds, line.wants};
  }

  FlightFile flight;
  cuda::ShadowLocks shadow{std::nullopt};
};

// Whom the first call kept out is next when it returns, and says then what it waits for from there on.
TEST_F(DeclaredCallsInTurn, SayWhatComesNextWhenAnotherCallReturns) {
  const State waits{{"driver-lock:C", "driver-lock:W"}, "device:idle"}, kept_out{{}, "driver-lock:C"};
  const std::vector<Moment> expected{{waits, nothing}, {waits, kept_out}, {nothing, waits}, {}};
  EXPECT_EQ(look_at(Call::free, Call::first_launch), expected);
}

// Whoever has the lock for a moment only may still stand in front of it when another comes in before.
TEST_F(DeclaredCallsInTurn, CountTheCallThatWaitsAsTheOwnerOfOneThatDoesNot) {
  const State has{{"driver-lock:C"}, ""}, kept_out{{}, "driver-lock:C"};
  const State waits{{"driver-lock:C", "driver-lock:W"}, "device:idle"};
  const std::vector<Moment> expected{{has, nothing}, {kept_out, waits}, {nothing, waits}, {}};
  EXPECT_EQ(look_at(Call::event_create, Call::first_launch), expected);
}

TEST(DeclaredCallsOfThree, LetTheOneThatWaitsOvertakeTheOneInFrontOfIt) {
  FlightFile flight;
  cuda::ShadowLocks shadow(std::nullopt);
  const Flight::Thread one(*flight, "frees");
  std::optional<cuda::DeclaredCall> frees(std::in_place, shadow, Call::free);
  const Flight::Thread two(*flight, "creates");
  std::optional<cuda::DeclaredCall> creates(std::in_place, shadow, Call::event_create);
  const Flight::Thread three(*flight, "loads");
  std::optional<cuda::DeclaredCall> loads(std::in_place, shadow, Call::first_launch);
  EXPECT_EQ(flight.line("creates").wants, "driver-lock:C");
  EXPECT_EQ(flight.line("loads").wants, "driver-lock:C");

  frees.reset();
  EXPECT_EQ(flight.line("creates").wants, "driver-lock:C");
  EXPECT_EQ(flight.line("creates").holds, Holds{});
  EXPECT_EQ(flight.line("loads").wants, "device:idle");
  EXPECT_EQ(flight.line("loads").holds, (Holds{"driver-lock:C", "driver-lock:W"}));

  loads.reset();
  EXPECT_EQ(flight.line("creates").wants, "");
  EXPECT_EQ(flight.line("creates").holds, Holds{"driver-lock:C"});
  creates.reset();
  EXPECT_EQ(flight.line("creates").holds, Holds{});
}

TEST_F(DeclaredCallsInTurn, LetACallThatWaitsForNothingMoreComeNext) {
  const State waits{{"driver-lock:C", "driver-lock:W"}, "device:idle"};
  const State has{{"driver-lock:C"}, ""}, kept_out{{}, "driver-lock:C"};
  const std::vector<Moment> expected{{waits, nothing}, {waits, kept_out}, {nothing, has}, {}};
  EXPECT_EQ(look_at(Call::first_launch, Call::event_create), expected);
}

}  // namespace
}  // namespace kvtool

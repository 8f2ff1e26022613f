// What the lock lines say while a device is stuck: the material of a diagnosis.
#include <gtest/gtest.h>

#include <functional>
#include <set>
#include <string>

#include "attempt.h"
#include "flight_file.h"
#include "gate.h"

namespace kvtool {
namespace {

using sim::test::Attempt;
using sim::test::FlightFile;
using sim::test::Gate;
using sim::test::Line;
using sim::test::new_event;
using sim::test::new_module;
using sim::test::new_stream;
using sim::test::observed;
using Holds = std::set<std::string>;

SimOptions recorded(FlightFile& flight, DriverModel model = driver_580_cuda13()) {
  SimOptions options = observed(std::move(model));
  options.flight = flight.get();
  return options;
}

// A call by a thread that has a lock line of that name.
std::function<Status()> as(FlightFile& flight, std::string name, std::function<Status()> call) {
  return [&flight, name = std::move(name), call = std::move(call)] {
    const Flight::Thread line(*flight, name);
    return call();
  };
}

TEST(SimLockLine, TellsEveryPartyOfALoadBehindAHostFunction) {
  FlightFile flight;
  SimDevice device(recorded(flight));
  const StreamId busy = new_stream(device), other = new_stream(device);
  const EventId event = new_event(device);
  const ModuleId cold = new_module(device);
  Gate gate{device};
  device.launch_host_function(busy, Gate::pass, &gate);
  gate.wait_until_entered();
  Attempt loads(as(flight, "loader", [&] { return device.launch_kernel(other, cold, {}); }));
  EXPECT_TRUE(loads.blocks());
  Attempt records(as(flight, "recorder", [&] { return device.record_event(event, other); }));
  EXPECT_TRUE(records.blocks());
  Attempt creates(as(flight, "creator", [&] {
    EventId out{};
    return device.create_event(&out);
  }));
  EXPECT_TRUE(creates.blocks());
  device.settle(1);

  const Line executor = flight.line("host-function executor");
  EXPECT_EQ(executor.holds, (Holds{"device:host-functions", "device:idle", "stream:1"}));
  EXPECT_EQ(executor.wants, "");
  const Line loader = flight.line("loader");
  EXPECT_EQ(loader.holds, (Holds{"driver-lock:C", "driver-lock:W"}));
  EXPECT_EQ(loader.wants, "device:idle");
  EXPECT_EQ(loader.where, "cudaLaunchKernel (first load)");
  const Line recorder = flight.line("recorder");
  EXPECT_EQ(recorder.holds, Holds{});
  EXPECT_EQ(recorder.wants, "driver-lock:W");
  EXPECT_EQ(recorder.where, "cudaEventRecord");
  const Line creator = flight.line("creator");
  EXPECT_EQ(creator.wants, "driver-lock:C");
  EXPECT_EQ(creator.where, "cudaEventCreate");
  // The stream's own thread says nothing while its function runs: the executor speaks for it.
  EXPECT_EQ(flight.line("stream 1").holds, Holds{});
  gate.open();
}

TEST(SimLockLine, TellsWhichStreamWaitsForTheExecutorAndWhichForAnEvent) {
  FlightFile flight;
  SimDevice device(recorded(flight));
  const StreamId first = new_stream(device), second = new_stream(device), third = new_stream(device);
  const EventId event = new_event(device);
  Gate gate{device};
  device.launch_host_function(first, Gate::pass, &gate);
  gate.wait_until_entered();
  device.launch_host_function(second, Gate::pass, &gate);
  device.record_event(event, first);
  device.wait_event(third, event);
  device.settle(1);

  const Line queued = flight.line("stream 2");
  EXPECT_EQ(queued.holds, Holds{"stream:2"});
  EXPECT_EQ(queued.wants, "device:host-functions");
  EXPECT_EQ(queued.where, "cudaLaunchHostFunc");
  const Line waiting = flight.line("stream 3");
  EXPECT_EQ(waiting.holds, (Holds{"device:idle", "stream:3"}));
  EXPECT_EQ(waiting.wants, "event:1");
  EXPECT_EQ(waiting.where, "cudaStreamWaitEvent");
  gate.open();
}

TEST(SimLockLine, AKernelHoldsItsStreamAndTheDevice) {
  FlightFile flight;
  SimDevice device(recorded(flight));
  const StreamId stream = new_stream(device);
  Gate gate{device};
  device.launch_kernel(stream, device.loaded_module(), gate.kernel());
  gate.wait_until_entered();
  EXPECT_EQ(flight.line("stream 1").holds, (Holds{"device:idle", "stream:1"}));
  Attempt waits(as(flight, "waiter", [&] { return device.synchronize_stream(stream); }));
  EXPECT_TRUE(waits.blocks());
  EXPECT_EQ(flight.line("waiter").wants, "stream:1");
  EXPECT_EQ(flight.line("waiter").where, "cudaStreamSynchronize");
  gate.open();
}

TEST(SimLockLine, The575LoaderHoldsTheRuntimeMutexToo) {
  FlightFile flight;
  SimDevice device(recorded(flight, driver_575_cuda12()));
  const StreamId busy = new_stream(device), other = new_stream(device);
  const ModuleId cold = new_module(device);
  Gate gate{device};
  device.launch_host_function(busy, Gate::pass, &gate);
  Attempt loads(as(flight, "loader", [&] { return device.launch_kernel(other, cold, {}); }));
  EXPECT_TRUE(loads.blocks());
  EXPECT_EQ(flight.line("loader").holds, (Holds{"driver-lock:C", "driver-lock:R", "driver-lock:W"}));
  gate.open();
}

TEST(SimLockLine, NothingIsLeftBehindWhenACallReturns) {
  FlightFile flight;
  const Flight::Thread line(*flight, "caller");
  SimDevice device(recorded(flight));
  const StreamId stream = new_stream(device);
  const ModuleId cold = new_module(device);
  device.launch_kernel(stream, cold, {});
  device.launch_host_function(
      stream, [](void*) {}, nullptr);
  device.synchronize_device();
  EXPECT_EQ(flight.line("caller").holds, Holds{});
  EXPECT_EQ(flight.line("caller").wants, "");
}

TEST(SimLockLine, WithAContextNumberEveryNameEndsInIt) {
  FlightFile flight;
  SimOptions options = recorded(flight);
  options.context = 2;
  SimDevice device(std::move(options));
  const StreamId busy = new_stream(device), other = new_stream(device);
  const ModuleId cold = new_module(device);
  Gate gate{device};
  device.launch_host_function(busy, Gate::pass, &gate);
  gate.wait_until_entered();
  Attempt loads(as(flight, "loader", [&] { return device.launch_kernel(other, cold, {}); }));
  EXPECT_TRUE(loads.blocks());
  EXPECT_EQ(flight.line("loader").holds, (Holds{"driver-lock:C@2", "driver-lock:W@2"}));
  EXPECT_EQ(flight.line("loader").wants, "device:idle@2");
  EXPECT_EQ(flight.line("host-function executor 2").holds,
            (Holds{"device:host-functions@2", "device:idle@2", "stream:1@2"}));
  gate.open();
}

}  // namespace
}  // namespace kvtool

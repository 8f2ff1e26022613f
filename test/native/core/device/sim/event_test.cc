#include <gtest/gtest.h>

#include "attempt.h"
#include "gate.h"

namespace kvtool {
namespace {

using sim::test::Attempt;
using sim::test::Gate;
using sim::test::new_event;
using sim::test::new_stream;
using sim::test::observed;

class SimEvent : public ::testing::Test {
 protected:
  Status kernel(StreamId stream, KernelBody body) {
    return device.launch_kernel(stream, device.loaded_module(), std::move(body));
  }

  SimDevice device{observed()};
  const StreamId producer = new_stream(device);
  const StreamId consumer = new_stream(device);
  const EventId event = new_event(device);
};

TEST_F(SimEvent, AnEventThatWasNeverRecordedIsDone) {
  EXPECT_EQ(device.query_event(event), Status::ok);
  EXPECT_EQ(device.synchronize_event(event), Status::ok);
  EXPECT_EQ(device.wait_event(consumer, event), Status::ok);
  EXPECT_EQ(device.synchronize_stream(consumer), Status::ok);
}

TEST_F(SimEvent, AnotherStreamsWorkWaitsForTheRecord) {
  Gate gate{device};
  int made = 0, seen = 0;
  kernel(producer, gate.kernel());
  kernel(producer, [&] { made = 7; });
  device.record_event(event, producer);
  device.wait_event(consumer, event);
  kernel(consumer, [&] { seen = made; });
  device.settle(1);  // only the gate's kernel is inside: the consumer has come as far as it can
  EXPECT_EQ(device.query_event(event), Status::not_ready);
  EXPECT_EQ(device.query_stream(consumer), Status::not_ready);
  gate.open();
  EXPECT_EQ(device.synchronize_stream(consumer), Status::ok);
  EXPECT_EQ(seen, 7);
  EXPECT_EQ(device.query_event(event), Status::ok);
}

TEST_F(SimEvent, SynchronizeBlocksUntilTheRecordIsReached) {
  Gate gate{device};
  kernel(producer, gate.kernel());
  device.record_event(event, producer);
  Attempt waiter([&] { return device.synchronize_event(event); });
  EXPECT_TRUE(waiter.blocks());
  EXPECT_EQ(waiter.waits_for(), "event:1");
  EXPECT_EQ(waiter.inside(), "cudaEventSynchronize");
  gate.open();
  EXPECT_EQ(waiter.result(), Status::ok);
}

TEST_F(SimEvent, RecordingAgainReArmsTheEvent) {
  device.record_event(event, producer);
  device.synchronize_event(event);
  EXPECT_EQ(device.query_event(event), Status::ok);
  Gate gate{device};
  kernel(producer, gate.kernel());
  device.record_event(event, producer);
  EXPECT_EQ(device.query_event(event), Status::not_ready);
  gate.open();
  device.synchronize_stream(producer);
  EXPECT_EQ(device.query_event(event), Status::ok);
}

TEST_F(SimEvent, AWaitIsForTheRecordItSawAndNotForALaterOne) {
  Gate gate{device};
  device.record_event(event, producer);
  device.wait_event(consumer, event);
  kernel(producer, gate.kernel());
  device.record_event(event, producer);
  EXPECT_EQ(device.synchronize_stream(consumer), Status::ok);
  EXPECT_EQ(device.query_event(event), Status::not_ready);
  gate.open();
}

TEST_F(SimEvent, ADestroyedEventStillReleasesWhoWaitsForIt) {
  Gate gate{device};
  int ran = 0;
  kernel(producer, gate.kernel());
  device.record_event(event, producer);
  device.wait_event(consumer, event);
  kernel(consumer, [&] { ran = 1; });
  EXPECT_EQ(device.destroy_event(event), Status::ok);
  EXPECT_EQ(device.query_event(event), Status::invalid_handle);
  gate.open();
  EXPECT_EQ(device.synchronize_stream(consumer), Status::ok);
  EXPECT_EQ(ran, 1);
}

TEST_F(SimEvent, AStreamThatWaitsForAnEventKeepsTheDeviceFromBeingIdle) {
  Gate gate{device};
  kernel(producer, gate.kernel());
  device.record_event(event, producer);
  device.wait_event(consumer, event);
  Attempt waiter([&] { return device.synchronize_stream(consumer); });
  EXPECT_TRUE(waiter.blocks());
  gate.open();
  EXPECT_EQ(waiter.result(), Status::ok);
}

}  // namespace
}  // namespace kvtool

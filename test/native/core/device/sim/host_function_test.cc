#include <gtest/gtest.h>

#include <functional>
#include <vector>

#include "attempt.h"
#include "gate.h"

namespace kvtool {
namespace {

using sim::test::Attempt;
using sim::test::Gate;
using sim::test::new_stream;
using sim::test::observed;

class SimHostFunction : public ::testing::Test {
 protected:
  // `function` must outlive its run.
  Status launch(StreamId stream, const std::function<void()>& function) {
    const auto run = [](void* given) { (*static_cast<const std::function<void()>*>(given))(); };
    return device.launch_host_function(stream, run, const_cast<std::function<void()>*>(&function));
  }
  void block(StreamId stream, Gate& gate) {
    EXPECT_EQ(device.launch_host_function(stream, Gate::pass, &gate), Status::ok);
    gate.wait_until_entered();
  }

  SimDevice device{observed()};
  const StreamId a = new_stream(device), b = new_stream(device), c = new_stream(device);
};

// `inside` has no lock: one executor makes that right, which ThreadSanitizer checks too.
TEST_F(SimHostFunction, TheyRunOneAtATimeWhateverTheirStream) {
  int inside = 0, most = 0, runs = 0;
  const std::function<void()> function = [&] {
    most = std::max(most, ++inside);
    ++runs;
    --inside;
  };
  for (int i = 0; i < 50; ++i)
    for (const StreamId stream : {a, b, c}) launch(stream, function);
  device.synchronize_device();
  EXPECT_EQ(runs, 150);
  EXPECT_EQ(most, 1);
}

TEST_F(SimHostFunction, OneThatDoesNotReturnStopsThoseOfOtherStreams) {
  Gate gate{device};
  block(a, gate);
  int ran = 0;
  const std::function<void()> function = [&] { ran = 1; };
  EXPECT_EQ(launch(b, function), Status::ok);  // the enqueue does not block
  device.settle(1);
  EXPECT_EQ(device.query_stream(b), Status::not_ready);
  EXPECT_EQ(device.pending_host_functions(), 2u);
  gate.open();
  device.synchronize_stream(b);
  EXPECT_EQ(ran, 1);
}

TEST_F(SimHostFunction, KernelsOfOtherStreamsGoOnMeanwhile) {
  Gate gate{device};
  block(a, gate);
  int ran = 0;
  EXPECT_EQ(device.launch_kernel(b, device.loaded_module(), [&] { ran = 1; }), Status::ok);
  EXPECT_EQ(device.synchronize_stream(b), Status::ok);
  EXPECT_EQ(ran, 1);
  gate.open();
}

TEST_F(SimHostFunction, LaterWorkOfTheSameStreamWaits) {
  Gate gate{device};
  block(a, gate);
  int ran = 0;
  EXPECT_EQ(device.launch_kernel(a, device.loaded_module(), [&] { ran = 1; }), Status::ok);
  device.settle(1);
  Attempt waiter([&] { return device.synchronize_stream(a); });
  EXPECT_TRUE(waiter.blocks());
  gate.open();
  EXPECT_EQ(waiter.result(), Status::ok);
  EXPECT_EQ(ran, 1);
}

TEST_F(SimHostFunction, TheyRunInTheOrderInWhichTheyBecomeReady) {
  Gate first{device}, kernel{device};
  std::vector<char> order;
  const std::function<void()> on_b = [&] { order.push_back('b'); };
  const std::function<void()> on_c = [&] { order.push_back('c'); };
  block(a, first);
  device.launch_kernel(b, device.loaded_module(), kernel.kernel());
  launch(b, on_b);  // submitted first, but not ready before the kernel ends
  launch(c, on_c);
  device.settle(2);  // in user code: the host function on a and the kernel on b; c has queued up
  kernel.open();
  device.settle(1);  // b has queued up behind c
  first.open();
  device.synchronize_device();
  EXPECT_EQ(order, (std::vector<char>{'c', 'b'}));
}

TEST_F(SimHostFunction, EachStreamHasItsOwnTurnsIfTheModelSaysSo) {
  DriverModel model = driver_580_cuda13();
  model.host_functions = HostFunctionOrder::one_per_stream;
  SimDevice independent(observed(model));
  const StreamId one = new_stream(independent), two = new_stream(independent);
  Gate gate{independent};
  int ran = 0;
  independent.launch_host_function(one, Gate::pass, &gate);
  independent.launch_host_function(
      two, [](void* flag) { *static_cast<int*>(flag) = 1; }, &ran);
  EXPECT_EQ(independent.synchronize_stream(two), Status::ok);
  EXPECT_EQ(ran, 1);
  gate.open();
}

}  // namespace
}  // namespace kvtool

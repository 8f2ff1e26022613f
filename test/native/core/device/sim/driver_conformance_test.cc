// The simulator against the measurement: every cell of the driver table, and proof that a wrong model is
// noticed.
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <string>
#include <vector>

#include "driver_table.h"

namespace kvtool {
namespace {

using sim::test::Attempt;
using sim::test::Bench;
using sim::test::Cell;

std::vector<Cell> measured_cells() {
  return sim::test::read_driver_table(KVTOOL_FIXTURES "/driver-blocking-h200-580.159-cuda13.0.csv");
}

std::string verb(bool blocks) { return blocks ? "blocks" : "returns"; }

// Where the simulator differs from the cell; empty if nowhere.
std::string difference(const DriverModel& model, const Cell& cell) {
  const auto first_call = sim::test::first_calls().find(cell.first);
  const auto second_call = sim::test::second_calls().find(cell.second);
  if (first_call == sim::test::first_calls().end()) return "the test does not know the first call";
  if (second_call == sim::test::second_calls().end()) return "the test does not know the second call";

  Bench bench(model, cell.blocker);
  Attempt first([&] { return first_call->second(bench); });
  const bool first_blocks = first.blocks();
  Attempt second([&] { return second_call->second(bench); });
  const bool second_blocks = second.blocks();
  const std::string waits_for = second.waits_for();
  bench.gate.open();

  std::string text;
  if (first.result() != Status::ok) text += " The first call failed.";
  if (second.result() != Status::ok) text += " The second call failed.";
  if (first_blocks != cell.first_blocks)
    text += " The first call " + verb(first_blocks) + ", measured: it " + verb(cell.first_blocks) + ".";
  if (second_blocks != cell.second_blocks)
    text += " The second call " + verb(second_blocks) + ", measured: it " + verb(cell.second_blocks) + ".";
  if (second_blocks != cell.second_blocks && second_blocks) text += " It waits for " + waits_for + ".";
  return text;
}

TEST(DriverConformance, EveryMeasuredCellBlocksOrReturnsAsMeasured) {
  const auto cells = measured_cells();
  ASSERT_EQ(cells.size(), 351u);
  const DriverModel model = driver_580_cuda13();
  for (const Cell& cell : cells) {
    const std::string text = difference(model, cell);
    EXPECT_TRUE(text.empty()) << "line " << cell.line << ": blocker '" << cell.blocker << "', first '"
                              << cell.first << "', second '" << cell.second << "':" << text;
  }
}

struct WrongRule {
  std::string name;
  std::function<void(DriverModel&)> apply;
};

std::vector<WrongRule> wrong_rules() {
  return {
      {"cudaEventRecord takes nothing", [](DriverModel& m) { m[Call::event_record] = {}; }},
      {"a launch takes C", [](DriverModel& m) { m[Call::launch].context = Hold::exclusive; }},
      {"cudaMalloc takes W exclusively, not C",
       [](DriverModel& m) { m[Call::malloc] = {.launch = Hold::exclusive}; }},
      {"cudaSetDevice takes C", [](DriverModel& m) { m[Call::set_device].context = Hold::exclusive; }},
      {"cudaLaunchHostFunc takes W only",
       [](DriverModel& m) { m[Call::launch_host_function] = {.launch = Hold::shared}; }},
      {"cudaFree does not wait", [](DriverModel& m) { m[Call::free].wait = Wait::nothing; }},
      {"cudaFree holds nothing while it waits",
       [](DriverModel& m) { m[Call::free] = {.wait = Wait::device}; }},
      {"a first launch leaves W alone", [](DriverModel& m) { m[Call::first_launch].launch = Hold::none; }},
      {"a full queue holds nothing", [](DriverModel& m) { m[Call::launch_full] = {.wait = Wait::room}; }},
      {"queues are not bounded", [](DriverModel& m) { m[Call::launch_full] = {}; }},
      {"a pageable copy holds W while it waits",
       [](DriverModel& m) { m[Call::memcpy_async_busy].launch = Hold::exclusive; }},
      {"cudaStreamSynchronize holds C",
       [](DriverModel& m) { m[Call::stream_synchronize].context = Hold::exclusive; }},
      {"cudaEventQuery takes W", [](DriverModel& m) { m[Call::event_query].launch = Hold::shared; }},
      {"cudaEventDestroy waits for the device",
       [](DriverModel& m) { m[Call::event_destroy].wait = Wait::device; }},
      {"host functions run one per stream",
       [](DriverModel& m) { m.host_functions = HostFunctionOrder::one_per_stream; }},
  };
}

TEST(DriverConformance, AWrongRuleIsNoticed) {
  const auto cells = measured_cells();
  for (const WrongRule& wrong : wrong_rules()) {
    DriverModel model = driver_580_cuda13();
    wrong.apply(model);
    const bool noticed = std::any_of(cells.begin(), cells.end(),
                                     [&](const Cell& cell) { return !difference(model, cell).empty(); });
    EXPECT_TRUE(noticed) << "no cell tells the driver from one where " << wrong.name;
  }
}

}  // namespace
}  // namespace kvtool

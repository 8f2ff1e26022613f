// The simulator against the measurement: every cell of the driver table, and proof that a wrong model is
// noticed.
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "driver_table.h"

namespace kvtool {
namespace {

using sim::test::Cell;
using sim::test::difference;

constexpr const char* kTable = KVTOOL_FIXTURES "/driver-blocking-h200-580.159-cuda13.0";

std::vector<Cell> measured_cells() { return sim::test::read_driver_table(std::string(kTable) + ".csv"); }
// The calls that were measured later, in the same way on the same driver.
std::vector<Cell> more_cells() { return sim::test::read_driver_table(std::string(kTable) + "-more.csv"); }

TEST(DriverConformance, EveryMeasuredCellBlocksOrReturnsAsMeasured) {
  auto cells = measured_cells();
  ASSERT_EQ(cells.size(), 351u);
  const auto more = more_cells();
  ASSERT_EQ(more.size(), 78u);
  cells.insert(cells.end(), more.begin(), more.end());
  const DriverModel model = driver_580_cuda13();
  for (const Cell& cell : cells) {
    const std::string text = difference(model, cell);
    EXPECT_TRUE(text.empty()) << "line " << cell.line << ": blocker '" << cell.blocker << "', first '"
                              << cell.first << "', second '" << cell.second << "':" << text;
  }
}

TEST(DriverConformance, TheTableAndItsFileHaveTheSameCells) {
  std::set<std::tuple<std::string, std::string, std::string>> in_file, in_table;
  for (const auto& cells : {measured_cells(), more_cells()})
    for (const Cell& cell : cells) in_file.emplace(cell.blocker, cell.first, cell.second);
  for (const table::Pair& pair : table::table_pairs())
    for (const table::TableCall& second : table::second_calls())
      in_table.emplace(pair.blocker, pair.first, second.name);
  EXPECT_EQ(in_file, in_table);
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
      {"cudaStreamDestroy takes nothing", [](DriverModel& m) { m[Call::stream_destroy] = {}; }},
      {"cudaEventQuery takes W", [](DriverModel& m) { m[Call::event_query].launch = Hold::shared; }},
      {"cudaEventDestroy waits for the device",
       [](DriverModel& m) { m[Call::event_destroy].wait = Wait::device; }},
      {"host functions run one per stream",
       [](DriverModel& m) { m.host_functions = HostFunctionOrder::one_per_stream; }},
  };
}

TEST(DriverConformance, AWrongRuleIsNoticed) {
  auto cells = measured_cells();
  for (Cell& cell : more_cells()) cells.push_back(std::move(cell));
  // The first cell that notices ends the search, so those of 2,000 calls come last.
  std::stable_partition(cells.begin(), cells.end(),
                        [](const Cell& cell) { return cell.first.find("2000") == std::string::npos; });
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

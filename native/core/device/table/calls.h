// The calls of the driver table, by the names that its file uses.
#pragma once

#include <functional>
#include <string_view>
#include <vector>

#include "core/device/table/bench.h"

namespace kvtool::table {

struct TableCall {
  std::string_view name;
  std::function<Status(Bench&)> call;
  // Not in the table of 351 cells that was measured first; measured only when asked for.
  bool extra = false;
};

// What thread 1 does behind the blocker. The first is "none".
const std::vector<TableCall>& first_calls();
// What thread 2 does then.
const std::vector<TableCall>& second_calls();

struct Pair {
  std::string_view blocker;
  std::string_view first;
};
// Which first calls the table has for each blocker.
const std::vector<Pair>& table_pairs();

// Null when there is no call of that name.
const TableCall* find_call(const std::vector<TableCall>& calls, std::string_view name);

}  // namespace kvtool::table

// The measured table (test/fixtures/driver-blocking-*.csv) and the same experiment on a SimDevice: a blocker
// on stream S, a first call by one thread, then a second call by another.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <fstream>
#include <string>
#include <vector>

#include "attempt.h"
#include "core/device/table/cell.h"

namespace kvtool::sim::test {

struct Cell {
  int line;  // in the file
  std::string blocker;
  std::string first;
  bool first_blocks;
  std::string second;
  bool second_blocks;
};

// One line of CSV; a field in quotes may hold commas.
inline std::vector<std::string> split_csv(const std::string& line) {
  std::vector<std::string> fields(1);
  bool quoted = false;
  for (const char c : line) {
    if (c == '"') {
      quoted = !quoted;
    } else if (c == ',' && !quoted) {
      fields.emplace_back();
    } else if (c != '\r') {
      fields.back() += c;
    }
  }
  return fields;
}

inline std::vector<Cell> read_driver_table(const std::string& path) {
  std::ifstream file(path);
  std::vector<Cell> cells;
  std::string text;
  std::getline(file, text);  // the heading
  for (int line = 2; std::getline(file, text); ++line) {
    const auto field = split_csv(text);
    if (field.size() != 5) {
      ADD_FAILURE() << path << ":" << line << ": " << field.size() << " fields, expected 5";
      continue;
    }
    cells.push_back({line, field[0], field[1], field[2] == "yes", field[3], field[4] == "yes"});
  }
  return cells;
}

// Where a device of that model differs from the cell; empty if nowhere.
inline std::string difference(const DriverModel& model, const Cell& cell) {
  const auto verb = [](bool blocks) { return blocks ? "blocks" : "returns"; };
  SimDevice device(observed(model));
  constexpr std::size_t kSmall = 64 << 10;
  table::Cell repeated(device, {cell.blocker, cell.first, cell.second},
                       {.buffer_bytes = kSmall, .settle = [&device] { device.settle(1); }}, {});
  repeated.run();
  // Whatever the model, everything ends once the blocker is gone.
  while (!repeated.release(std::chrono::seconds(60)))
    ADD_FAILURE() << "a call did not return with the blocker gone";

  std::string text;
  const auto compare = [&](const char* which, const table::CallResult& found, bool measured) {
    if (!found.failure.empty())
      text.append(" The ").append(which).append(" call failed: ").append(found.failure);
    if (found.blocks == measured) return;
    text.append(" The ").append(which).append(" call ").append(verb(found.blocks));
    text.append(", measured: it ").append(verb(measured)).append(".");
    if (found.blocks) text.append(" It waits for ").append(found.waits_for).append(".");
  };
  compare("first", repeated.first(), cell.first_blocks);
  compare("second", repeated.second(), cell.second_blocks);
  return text;
}

}  // namespace kvtool::sim::test

// Cells: scenarios that need a device and no search, as their bug shows at every run. Each variant moves real
// bytes and says what it found. scenarios/<id>/device.cc registers them; kvtool-transfer-cell runs them.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "core/device/device.h"

namespace kvtool::cells {

enum class Outcome { ok, violation };

struct Finding {
  Outcome outcome = Outcome::ok;
  std::string message = {};  // of a violation: the invariant, "E2: ...", and what broke it
  std::vector<std::pair<std::string, std::int64_t>> facts = {};
};

struct Variant {
  std::string name, what;
  Outcome expect = Outcome::ok;
  // How the message of a violation begins.
  std::string begins = {};
  // Throws std::runtime_error with the device's words when the device fails.
  std::function<Finding(Device&)> run;
};

struct Cell {
  std::string id, family, title, source;
  std::vector<Variant> variants;  // the buggy one first, the fixed one last
};

// By id. Filled before main.
const std::map<std::string, Cell>& catalog();

struct Registration {
  explicit Registration(Cell cell);
};

inline bool is_expected(const Variant& variant, const Finding& finding) {
  return finding.outcome == variant.expect && finding.message.starts_with(variant.begins);
}

}  // namespace kvtool::cells

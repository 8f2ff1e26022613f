// Cells: scenarios that need a device and no search, as their bug shows at every run. Each variant moves real
// bytes and says what it found. scenarios/<id>/device.cc registers them; kvtool-transfer-cell runs them.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/device/device.h"
#include "core/device/races/access_log.h"

namespace kvtool::cells {

enum class Outcome { ok, violation };

// What the access logs of a variant found together.
struct Ordering {
  races::Summary counts;
  std::vector<races::Race> races;  // one for each pair of sites

  void add(const races::AccessLog& log);
};

struct Finding {
  Outcome outcome = Outcome::ok;
  std::string message = {};  // of a violation: the invariant, "E2: ...", and what broke it
  std::vector<std::pair<std::string, std::int64_t>> facts = {};
  std::optional<Ordering> ordering = {};  // of variants whose accesses are logged

  // A race breaks `invariant` whatever the bytes are. Of several logs, each is added.
  void take_order(const std::string& invariant, const races::AccessLog& log);
  // "invariant: fault"; the first one counts. An empty fault is none.
  void blame(const std::string& invariant, const std::string& fault);
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

// SourcePlaces: from a return address in this process to the line of the scenario, or of the class under
// test, that it belongs to. By this program's own debug information; without it there are no lines.
#pragma once

#include <map>
#include <string>

#include "core/snapshot/address_map.h"
#include "core/snapshot/source_lines.h"
#include "core/snapshot/symbols.h"
#include "core/snapshot/target.h"

namespace kvtool::explore {

struct Place {
  std::string file = {};  // from the scenario's folder or native/ on: "abba/actors.h", "core/pool/lru_pool.h"
  int line = 0;
  std::string function = {};
};

class SourcePlaces {
 public:
  SourcePlaces();
  // Empty when nothing is known of `address`.
  const Place& of(const void* address);

 private:
  Place find(const void* address);

  snapshot::Target self_;
  snapshot::AddressMap map_;
  snapshot::Symbolizer symbols_;
  snapshot::SourceLines lines_;
  std::map<const void*, Place> known_;
};

}  // namespace kvtool::explore

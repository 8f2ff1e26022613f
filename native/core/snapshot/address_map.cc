#include "core/snapshot/address_map.h"

#include <algorithm>
#include <utility>

namespace kvtool::snapshot {

AddressMap::AddressMap(std::vector<Mapping> mappings) : mappings_(std::move(mappings)) {}

const Mapping* AddressMap::find(std::uint64_t address) const {
  const auto after =
      std::upper_bound(mappings_.begin(), mappings_.end(), address,
                       [](std::uint64_t wanted, const Mapping& m) { return wanted < m.start; });
  if (after == mappings_.begin()) return nullptr;
  const Mapping& candidate = *(after - 1);
  return address < candidate.end ? &candidate : nullptr;
}

bool AddressMap::executable(std::uint64_t address) const {
  const Mapping* mapping = find(address);
  return mapping != nullptr && mapping->executable;
}

std::vector<Module> AddressMap::modules() const {
  std::vector<Module> found;
  Module current;
  bool has_code = false;
  const auto finish = [&] {
    if (has_code) found.push_back(std::move(current));
    current = {};
    has_code = false;
  };
  for (const Mapping& mapping : mappings_) {
    if (!mapping.path.starts_with('/')) continue;  // anonymous memory between the segments of one file: .bss
    // The same file from its beginning again is a second load of it.
    if (mapping.path != current.path || mapping.offset == 0) {
      finish();
      current = {.start = mapping.start, .end = mapping.end, .path = mapping.path};
    }
    current.end = mapping.end;
    has_code |= mapping.executable;
  }
  finish();
  return found;
}

std::string_view base_name(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

}  // namespace kvtool::snapshot

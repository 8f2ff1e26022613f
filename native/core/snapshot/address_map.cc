#include "core/snapshot/address_map.h"

#include <algorithm>
#include <utility>

namespace kvtool::snapshot {
namespace {

constexpr std::uint64_t kPage = 4096;

}  // namespace

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
  std::uint64_t file_end = 0;  // where the last mapping of the current one ends in its file
  bool has_code = false;
  const auto finish = [&] {
    if (has_code) found.push_back(std::move(current));
    current = {};
    has_code = false;
  };
  for (const Mapping& mapping : mappings_) {
    if (!mapping.path.starts_with('/')) continue;  // anonymous memory between the segments of one file: .bss
    // Segments lie in memory in the order of the file. What does not is a copy of a part (V8 makes one of its
    // builtins, beside the code that it generates), and no module: where the copy is says nothing of where
    // the unwind information in the file belongs. The same file from its beginning again is a second load of
    // it. Two segments may share one page of the file.
    const bool continues =
        mapping.path == current.path && mapping.offset != 0 && mapping.offset + kPage >= file_end;
    if (!continues) finish();
    if (!continues && mapping.offset != 0) continue;
    if (!continues) current = {.start = mapping.start, .end = mapping.end, .path = mapping.path};
    current.end = mapping.end;
    file_end = mapping.offset + (mapping.end - mapping.start);
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

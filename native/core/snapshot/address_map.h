// AddressMap: which mapping of the target an address lies in.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/snapshot/proc_files.h"

namespace kvtool::snapshot {

// A file mapped as code: what the unwinder calls a module. The range covers every mapping of that file that
// follows its first one, so `start` is where the file's first segment was loaded.
struct Module {
  std::uint64_t start = 0;
  std::uint64_t end = 0;
  std::string path;
};

class AddressMap {
 public:
  // REQUIRES: `mappings` in address order, as the kernel prints them.
  explicit AddressMap(std::vector<Mapping> mappings);

  // Null when the address is not mapped.
  const Mapping* find(std::uint64_t address) const;
  bool executable(std::uint64_t address) const;
  // Only files with at least one executable mapping: weights and data files would be parsed as ELF for
  // nothing.
  std::vector<Module> modules() const;
  const std::vector<Mapping>& mappings() const { return mappings_; }
  bool empty() const { return mappings_.empty(); }

 private:
  std::vector<Mapping> mappings_;
};

// `/usr/lib/libc.so.6` -> `libc.so.6`; empty for anonymous memory, `[vdso]` stays.
std::string_view base_name(std::string_view path);

}  // namespace kvtool::snapshot

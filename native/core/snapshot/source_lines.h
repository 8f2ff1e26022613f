// SourceLines: the file and line of native frames, and the functions that the compiler put into others' code,
// by DWARF debug information. That is in the file itself, or in a debug file (debug_files.h).
//
// Loading debug information takes far more time than everything else (100 ms for a big library), so this is
// done only when it is asked for, and after the threads were read.
#pragma once

#include <elfutils/libdw.h>

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/snapshot/address_map.h"
#include "core/snapshot/deadline.h"
#include "core/snapshot/process_dump.h"
#include "core/snapshot/process_view.h"
#include "core/snapshot/unique_fd.h"

namespace kvtool::snapshot {

class SourceLines {
 public:
  // Both must outlive this.
  SourceLines(const ProcessView& process, const AddressMap& map) : process_(process), map_(map) {}

  // Adds file, line and column to native frames, and frames for inlined functions before those that they are
  // part of.
  void add_to(std::vector<Frame>& frames, const Deadline& deadline);

 private:
  struct DebugFile {
    UniqueFd own;
    std::unique_ptr<Elf, int (*)(Elf*)> elf{nullptr, elf_end};
    UniqueFd separate;
    std::unique_ptr<Dwarf, int (*)(Dwarf*)> dwarf{nullptr, dwarf_end};
  };

  // Innermost first; the last one is the machine frame itself.
  const std::vector<Frame>& expand(const Frame& frame);
  std::vector<Frame> read(const Frame& frame);
  DebugFile& debug_file(const Mapping& mapping);
  void open(const Mapping& mapping, DebugFile& file) const;

  const ProcessView& process_;
  const AddressMap& map_;
  std::map<std::pair<std::uint64_t, std::string>, DebugFile> files_;
  std::map<std::uint64_t, std::vector<Frame>> known_;  // by lookup address
};

}  // namespace kvtool::snapshot

// DebugOffsets: CPython 3.13 and later start _PyRuntime with a table of their own offsets, made for readers
// like this one (PEP 768, Include/internal/pycore_debug_offsets.h).
#pragma once

#include <cstdint>
#include <optional>

#include "core/snapshot/memory.h"
#include "core/snapshot/python/layouts.h"

namespace kvtool::snapshot::python {

struct DebugOffsets {
  std::uint32_t version = 0;  // PY_VERSION_HEX
  bool free_threaded = false;
  Layout layout = {};  // the minor version's, with the process's own offsets in place of the table's
};

// nullopt when there is no such table at that address, or one of a version that is not known.
std::optional<DebugOffsets> read_debug_offsets(const Memory& memory, std::uint64_t runtime);

}  // namespace kvtool::snapshot::python

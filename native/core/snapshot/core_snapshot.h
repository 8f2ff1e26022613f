// take_core_snapshot: a ProcessDump of a process that left a core file.
#pragma once

#include <chrono>

#include "core/snapshot/core_file.h"
#include "core/snapshot/process_dump.h"

namespace kvtool::snapshot {

// Throws CoreError. After `budget` no further stack is read.
ProcessDump take_core_snapshot(const CoreOptions& options,
                               std::chrono::milliseconds budget = std::chrono::milliseconds(4000));

}  // namespace kvtool::snapshot

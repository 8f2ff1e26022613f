// The system calls that blocked threads sit in: their names, and what waiting in them means.
#pragma once

#include <optional>
#include <string_view>

#include "core/snapshot/process_dump.h"

namespace kvtool::snapshot {

// Empty for a call that is not in the table.
std::string_view syscall_name(long number);

// What a thread blocked in that call waits for. nullopt for a futex call: there the lock word has to be read.
std::optional<WaitKind> syscall_wait(long number);

}  // namespace kvtool::snapshot

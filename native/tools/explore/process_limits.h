// What keeps kvtool-explore from outliving its parent and from taking the machine's memory.
#pragma once

#include <cstdint>

namespace kvtool::explore {

// Killed when the process that started this one ends, however it ends.
void die_with_parent();

// Beyond it, allocations fail. Nothing under a sanitizer, which maps terabytes.
void limit_memory(std::uint64_t megabytes);

}  // namespace kvtool::explore

// How far a function's frame pointer is above its stack pointer, read off the instructions that it begins
// with: `push %rbp; mov %rsp,%rbp`, pushes of what else it saves, and one subtraction for its variables.
// Where the stack pointer is known and the frame pointer is not, this gives it without any search.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace kvtool::snapshot {

// `code` is a function's, from its first instruction up to where it stands now. nullopt when it has no frame
// pointer, or moves its stack pointer in a way that depends on data. Whoever uses the result has to check it:
// a function may also push arguments for a call.
std::optional<std::uint64_t> frame_bytes(std::span<const std::byte> code);

}  // namespace kvtool::snapshot

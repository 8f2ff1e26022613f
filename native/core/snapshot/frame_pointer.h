// Finding a lost frame pointer. /proc/PID/task/TID/syscall gives the stack pointer and the program counter of
// a blocked thread and nothing else. That unwinds code whose frames are measured from the stack pointer. A
// frame measured from the frame pointer (-fno-omit-frame-pointer, -O0, alloca) needs the value of that
// register, which the functions below it never stored when they did not use it themselves.
//
// But the value is the address of a pair on the copied stack: the caller's frame pointer, then a return
// address. Such pairs are few; whoever unwinds tries them, nearest to the stack pointer first.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "core/snapshot/stack_copy.h"

namespace kvtool::snapshot {

// The longest call instruction of x86-64 without prefixes that change its length: FF /2 with SIB and 32-bit
// offset.
inline constexpr std::size_t kCallBytes = 7;

// Do these bytes, which stand right before an address, end in a call instruction? If not, no call returns
// there.
bool ends_in_call(std::span<const std::byte, kCallBytes> before);

// Addresses that may be the frame pointer, in ascending order, at most `limit`.
std::vector<std::uint64_t> frame_pointer_candidates(
    const StackCopy& stack, const std::function<bool(std::uint64_t)>& is_return_address, std::size_t limit);

}  // namespace kvtool::snapshot

#include "core/snapshot/frame_pointer.h"

#include <algorithm>

namespace kvtool::snapshot {
namespace {

// The leaf's frame record lies close to the stack pointer: between them are only the frames of the C library
// that make the system call.
constexpr std::uint64_t kSearchBytes = 64 * 1024;

#if defined(__x86_64__)
// Length of `FF /2 ...` by its ModRM and SIB bytes; 0 when it is no such instruction.
std::size_t indirect_call_bytes(std::uint8_t modrm, std::uint8_t sib) {
  if ((modrm & 0x38) != 0x10) return 0;
  const unsigned mode = modrm >> 6;
  const unsigned base = modrm & 7;
  if (mode == 3) return 2;
  std::size_t bytes = 2;
  if (base == 4) bytes += 1;
  if (mode == 1) return bytes + 1;
  if (mode == 2) return bytes + 4;
  const bool offset_only = base == 5 || (base == 4 && (sib & 7) == 5);
  return offset_only ? bytes + 4 : bytes;
}
#endif

}  // namespace

bool ends_in_call(std::span<const std::byte, kCallBytes> before) {
#if defined(__x86_64__)
  const auto byte = [&](std::size_t from_end) {
    return std::to_integer<std::uint8_t>(before[kCallBytes - from_end]);
  };
  if (byte(5) == 0xE8) return true;
  for (std::size_t length = 2; length <= kCallBytes; ++length) {
    if (byte(length) != 0xFF) continue;
    const std::uint8_t sib = length > 2 ? byte(length - 2) : 0;
    if (indirect_call_bytes(byte(length - 1), sib) == length) return true;
  }
  return false;
#else
  static_cast<void>(before);
  return true;
#endif
}

std::vector<std::uint64_t> frame_pointer_candidates(
    const StackCopy& stack, const std::function<bool(std::uint64_t)>& is_return_address, std::size_t limit) {
  std::vector<std::uint64_t> found;
  const std::uint64_t end = std::min(stack.end(), stack.start() + kSearchBytes);
  for (std::uint64_t at = stack.start(); at + 16 <= end && found.size() < limit; at += 8) {
    const auto callers_frame = stack.word(at);
    const auto return_address = stack.word(at + 8);
    if (!callers_frame || !return_address) break;
    const bool points_up = *callers_frame > at && *callers_frame < stack.end() && *callers_frame % 8 == 0;
    if (points_up && is_return_address(*return_address)) found.push_back(at);
  }
  return found;
}

}  // namespace kvtool::snapshot

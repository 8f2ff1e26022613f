#include "core/snapshot/prologue.h"

#include <algorithm>
#include <array>
#include <cstring>

namespace kvtool::snapshot {
namespace {

#if defined(__x86_64__)

constexpr std::array<std::uint8_t, 4> kSetUp{0x55, 0x48, 0x89, 0xe5};  // push %rbp; mov %rsp,%rbp
constexpr int kStackPointer = 4;

// One instruction, as far as the beginnings of functions use them. V8's, libuv's and Node's own code was
// looked at; anything else ends the reading.
struct Instruction {
  std::size_t bytes = 0;  // 0: not known
  bool changes_stack_pointer = false;
  std::optional<std::uint64_t> pushes = {};  // bytes that it takes from the stack
};

class Decoder {
 public:
  Decoder(std::span<const std::byte> code, std::size_t at) : code_(code), begin_(at), at_(at) {}

  Instruction decode() {
    std::uint8_t opcode = next();
    while (opcode == 0x66 || opcode == 0xf2 || opcode == 0xf3 || opcode == 0x64) opcode = next();
    if ((opcode & 0xf0) == 0x40) {
      rex_ = opcode;
      opcode = next();
    }
    Instruction result;
    if (opcode >= 0x50 && opcode <= 0x57) {
      result.pushes = 8;
    } else if (opcode == 0x0f) {
      if (!two_byte_opcode(next())) return {};
    } else if (opcode >= 0xb8 && opcode <= 0xbf) {
      skip((rex_ & 8) != 0 ? 8 : 4);
    } else if (opcode == 0x81 || opcode == 0x83) {
      operand();
      const std::int64_t value = immediate(opcode == 0x81 ? 4 : 1);
      if (is_stack_pointer(rm_)) {
        constexpr int kSubtract = 5;
        if (reg_ == kSubtract && value >= 0) result.pushes = static_cast<std::uint64_t>(value);
        result.changes_stack_pointer = !result.pushes;
      }
    } else if (const auto after = operand_and(opcode); after >= 0) {
      operand();
      skip(static_cast<std::size_t>(after));
      const bool into_rm = opcode == 0x89 || opcode == 0xc7 || (opcode < 0x40 && (opcode & 2) == 0);
      result.changes_stack_pointer =
          into_rm ? is_stack_pointer(rm_)
                  : writes_register(opcode) && reg_ == kStackPointer && (rex_ & 4) == 0;
    } else if (opcode != 0x90) {
      return {};
    }
    if (!ok_) return {};
    result.bytes = at_ - begin_;
    return result;
  }

 private:
  std::uint8_t next() {
    if (at_ >= code_.size()) {
      ok_ = false;
      return 0;
    }
    return std::to_integer<std::uint8_t>(code_[at_++]);
  }
  void skip(std::size_t bytes) {
    ok_ &= bytes <= code_.size() - at_;
    if (ok_) at_ += bytes;
  }
  std::int64_t immediate(std::size_t bytes) {
    std::int32_t wide = 0;
    std::int8_t narrow = 0;
    const std::size_t at = at_;
    skip(bytes);
    if (!ok_) return 0;
    if (bytes == 1) {
      std::memcpy(&narrow, code_.data() + at, sizeof narrow);
      return narrow;
    }
    std::memcpy(&wide, code_.data() + at, sizeof wide);
    return wide;
  }
  // ModRM with what belongs to it.
  void operand() {
    const std::uint8_t modrm = next();
    const int mode = modrm >> 6;
    reg_ = modrm >> 3 & 7;
    rm_ = mode == 3 ? modrm & 7 : -1;
    if (mode == 3) return;
    const int base = (modrm & 7) == 4 ? next() & 7 : modrm & 7;
    if (mode == 1) skip(1);
    if (mode == 2 || (mode == 0 && base == 5)) skip(4);
  }
  bool is_stack_pointer(int rm) const { return rm == kStackPointer && (rex_ & 1) == 0; }
  static bool writes_register(std::uint8_t opcode) {
    return opcode == 0x8b || opcode == 0x8d || opcode == 0x63 || opcode < 0x40;
  }
  // Bytes that follow the operand of a one-byte opcode; -1 for an opcode that is not known.
  static int operand_and(std::uint8_t opcode) {
    if (opcode < 0x40) return (opcode & 7) < 4 ? 0 : -1;
    switch (opcode) {
      case 0x63:
      case 0x84:
      case 0x85:
      case 0x88:
      case 0x89:
      case 0x8a:
      case 0x8b:
      case 0x8d:
        return 0;
      case 0x80:
      case 0xc0:
      case 0xc1:
      case 0xc6:
        return 1;
      case 0xc7:
        return 4;
      default:
        return -1;
    }
  }
  bool two_byte_opcode(std::uint8_t opcode) {
    constexpr std::array<std::uint8_t, 24> kKnown{0x10, 0x11, 0x12, 0x13, 0x14, 0x16, 0x17, 0x1e,
                                                  0x1f, 0x28, 0x29, 0x2e, 0x2f, 0x54, 0x57, 0x6c,
                                                  0x6e, 0x6f, 0x7e, 0x7f, 0xb6, 0xb7, 0xd6, 0xef};
    const bool conditional_move = (opcode & 0xf0) == 0x40;
    if (!conditional_move && !std::ranges::binary_search(kKnown, opcode)) return false;
    operand();
    return true;
  }

  std::span<const std::byte> code_;
  std::size_t begin_;
  std::size_t at_;
  std::uint8_t rex_ = 0;
  int reg_ = 0;
  int rm_ = -1;  // -1: in memory
  bool ok_ = true;
};

#endif

}  // namespace

std::optional<std::uint64_t> frame_bytes([[maybe_unused]] std::span<const std::byte> code) {
#if defined(__x86_64__)
  const auto matches = [](std::byte have, std::uint8_t want) {
    return std::to_integer<std::uint8_t>(have) == want;
  };
  const auto found = std::search(code.begin(), code.end(), kSetUp.begin(), kSetUp.end(), matches);
  if (found == code.end()) return std::nullopt;
  std::size_t at = static_cast<std::size_t>(found - code.begin()) + kSetUp.size();
  std::uint64_t bytes = 0;
  while (at < code.size()) {
    const Instruction instruction = Decoder(code, at).decode();
    // A call, a jump, or what a beginning has not.
    if (instruction.bytes == 0) break;
    if (instruction.changes_stack_pointer) return std::nullopt;
    bytes += instruction.pushes.value_or(0);
    at += instruction.bytes;
  }
  return bytes;
#else
  return std::nullopt;
#endif
}

}  // namespace kvtool::snapshot

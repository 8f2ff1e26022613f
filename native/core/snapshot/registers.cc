#include "core/snapshot/registers.h"

#include <sys/user.h>

#include <cstring>

namespace kvtool::snapshot {
namespace {

// What a system call that a stop interrupts leaves in the result register (include/linux/errno.h). The kernel
// turns it into EINTR or does the call again, when the thread goes on.
constexpr std::int64_t kRestartFirst = -516;  // ERESTART_RESTARTBLOCK
constexpr std::int64_t kRestartLast = -512;   // ERESTARTSYS
constexpr std::int64_t kInterrupted = -4;     // EINTR, of the calls that are never done again

bool is_interrupted(std::uint64_t result) {
  const auto code = static_cast<std::int64_t>(result);
  return (code >= kRestartFirst && code <= kRestartLast) || code == kInterrupted;
}

}  // namespace

#if defined(__x86_64__)

std::optional<ProcessorState> decode_registers(std::span<const std::byte> set) {
  // The 64-bit code segment of Linux; 32-bit programs have another one.
  constexpr std::uint64_t kCode64 = 0x33;
  user_regs_struct r{};
  if (set.size() < sizeof r) return std::nullopt;
  std::memcpy(&r, set.data(), sizeof r);
  if (r.cs != kCode64) return std::nullopt;
  ProcessorState state;
  state.registers = {.by_dwarf_number = {r.rax, r.rdx, r.rcx, r.rbx, r.rsi, r.rdi, r.rbp, r.rsp, r.r8, r.r9,
                                         r.r10, r.r11, r.r12, r.r13, r.r14, r.r15},
                     .pc = r.rip,
                     .sp = r.rsp,
                     .fp = r.rbp};
  const auto number = static_cast<std::int64_t>(r.orig_rax);
  if (number >= 0 && is_interrupted(r.rax))
    state.blocked_in =
        Syscall{.number = number, .args = {r.rdi, r.rsi, r.rdx, r.r10, r.r8, r.r9}, .sp = r.rsp, .pc = r.rip};
  state.woken = state.blocked_in && static_cast<std::int64_t>(r.rax) == kInterrupted;
  return state;
}

#elif defined(__aarch64__)

std::optional<ProcessorState> decode_registers(std::span<const std::byte> set) {
  constexpr std::size_t kFramePointer = 29;
  user_regs_struct r{};
  if (set.size() < sizeof r) return std::nullopt;
  std::memcpy(&r, set.data(), sizeof r);
  ProcessorState state;
  for (std::size_t i = 0; i < 31; ++i) state.registers.by_dwarf_number[i] = r.regs[i];
  state.registers.by_dwarf_number[31] = r.sp;
  state.registers.pc = r.pc;
  state.registers.sp = r.sp;
  state.registers.fp = r.regs[kFramePointer];
  // x0 holds both the first argument and the result, so a blocked call's first argument is lost here; the
  // number is in x8.
  if (is_interrupted(r.regs[0]))
    state.blocked_in = Syscall{.number = static_cast<long>(r.regs[8]),
                               .args = {0, r.regs[1], r.regs[2], r.regs[3], r.regs[4], r.regs[5]},
                               .sp = r.sp,
                               .pc = r.pc};
  state.woken = state.blocked_in && static_cast<std::int64_t>(r.regs[0]) == kInterrupted;
  return state;
}

#endif

}  // namespace kvtool::snapshot

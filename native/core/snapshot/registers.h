// Registers: what a stopped thread's processor state says, as far as unwinding and system calls need it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "core/snapshot/process_dump.h"

namespace kvtool::snapshot {

// How many registers DWARF numbers from 0 on: rax .. r15 on x86-64, x0 .. sp on aarch64.
#if defined(__x86_64__)
inline constexpr std::size_t kRegisterCount = 16;
#else
inline constexpr std::size_t kRegisterCount = 32;
#endif

struct Registers {
  std::array<std::uint64_t, kRegisterCount> by_dwarf_number{};
  std::uint64_t pc = 0;
  std::uint64_t sp = 0;
  std::uint64_t fp = 0;
};

// A thread's registers, and the system call that it was blocked in.
struct ProcessorState {
  Registers registers;
  // Absent for a thread that ran, or that was on its way out of a call.
  std::optional<Syscall> blocked_in;
  // The stop makes that call return EINTR: it is one that the kernel does not do again.
  bool woken = false;
};

// From the kernel's register set NT_PRSTATUS, which PTRACE_GETREGSET and core files hold. nullopt when it is
// not one of this machine's 64-bit programs.
std::optional<ProcessorState> decode_registers(std::span<const std::byte> set);

}  // namespace kvtool::snapshot

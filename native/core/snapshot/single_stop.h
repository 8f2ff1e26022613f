// SingleStop: one thread that runs, stopped for the moment that it takes to copy its registers and its stack
// (some 100 us). The other threads run on. Nothing is unwound, named or printed before the thread goes on.
//
// Only a thread that runs is stopped: a stop makes epoll_wait, recv with a time limit, semop, sigtimedwait
// and others return EINTR. The kernel is asked right before the stop whether the thread still runs; a few
// microseconds remain in
// which it can block after all, and if its call returns EINTR then, `state().woken` says so.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "core/snapshot/address_map.h"
#include "core/snapshot/memory.h"
#include "core/snapshot/registers.h"
#include "core/snapshot/stack_copy.h"
#include "core/snapshot/target.h"

namespace kvtool::snapshot {

enum class StopOutcome : std::uint8_t {
  stopped,   // and goes on again
  blocked,   // was not stopped, for it waits in a call
  gone,      // it ended
  refused,   // no permission
  traced,    // somebody else traces it
  too_slow,  // did not react in time: it runs inside the kernel. It goes on as if never asked
  foreign,   // a 32-bit program
};

class SingleStop {
 public:
  // All must outlive this.
  SingleStop(const Target& target, const AddressMap& map, const Memory& memory)
      : target_(target), map_(map), memory_(memory) {}

  // Also copies the pages at these addresses (multiples of kPageBytes).
  StopOutcome stop(pid_t tid, std::span<const std::uint64_t> pages);

  // Of the last thread that was stopped.
  const ProcessorState& state() const { return state_; }
  const StackCopy& stack() const { return stack_; }
  std::chrono::nanoseconds paused() const { return paused_; }
  struct Page {
    std::uint64_t start;
    std::span<const std::byte> bytes;
  };
  std::vector<Page> pages() const;

  static constexpr std::size_t kPageBytes = 4096;
  // More would make the pause longer than the rest of it.
  static constexpr std::size_t kPageLimit = 64;

 private:
  StopOutcome stop_now(pid_t tid, std::span<const std::uint64_t> pages);
  bool runs(pid_t tid) const;

  const Target& target_;
  const AddressMap& map_;
  const Memory& memory_;
  ProcessorState state_;
  StackCopy stack_;
  std::chrono::nanoseconds paused_{0};
  std::vector<std::uint64_t> page_starts_;
  std::vector<std::byte> page_bytes_;
};

}  // namespace kvtool::snapshot

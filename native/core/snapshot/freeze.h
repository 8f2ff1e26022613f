// Freeze: all threads of the target stopped together, for one coherent picture, and let go after some
// milliseconds.
//
// What a blocked thread has on its stack does not change, so it is copied before the stop; during the stop
// only its registers are compared. Copied while all stand still: the stacks of threads that ran or moved, the
// words around the locks that threads wait for, and the pages that the language runtimes' frames of running
// threads lie on. Nothing is unwound, named or printed before all go on.
//
// The stop makes some blocked calls return EINTR (epoll_wait, semop, sigtimedwait, recv with a time limit);
// of which threads, is told.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <vector>

#include "core/snapshot/address_map.h"
#include "core/snapshot/memory.h"
#include "core/snapshot/overlay_memory.h"
#include "core/snapshot/registers.h"
#include "core/snapshot/stack_copy.h"
#include "core/snapshot/target.h"
#include "core/snapshot/tracee.h"

namespace kvtool::snapshot {

struct FrozenThread {
  std::optional<Syscall> seen_in;  // before the stop
  ProcessorState state;
  StackCopy stack;
  std::chrono::nanoseconds paused{0};
  bool stopped = false;
};

class Freeze {
 public:
  // All must outlive this.
  Freeze(const Target& target, const AddressMap& map, const Memory& memory)
      : target_(target), map_(map), memory_(memory) {}

  // Addresses of pages to copy for a thread that runs.
  using PagesOf = std::function<std::vector<std::uint64_t>(pid_t tid)>;
  // Stops all, copies, lets all go. False when the kernel refuses.
  bool run(std::size_t thread_limit, const PagesOf& pages_of);

  // Also those that did not stop in time.
  const std::map<pid_t, FrozenThread>& threads() const { return threads_; }
  // Lays what was copied over the target's memory as it is now. This must outlive the layer.
  void lay_over(OverlayMemory& memory) const;

 private:
  struct Piece {
    std::uint64_t start;
    std::vector<std::byte> bytes;
    std::size_t used = 0;
  };

  void look_before(pid_t tid, const PagesOf& pages_of);
  bool stop_copy_and_release(std::size_t thread_limit);
  // False when a thread could not be seized for want of permission.
  bool seize_all(std::size_t thread_limit, std::vector<Tracee>& tracees, std::set<pid_t>& known);
  static void await_all(std::vector<Tracee>& tracees, std::size_t from);
  void copy(const Tracee& tracee);
  void copy_lock(std::uint64_t address);

  const Target& target_;
  const AddressMap& map_;
  const Memory& memory_;
  std::map<pid_t, FrozenThread> threads_;
  std::vector<Piece> pages_;
  std::map<std::uint64_t, Piece> locks_;
  std::size_t copied_ = 0;  // bytes of stacks
};

}  // namespace kvtool::snapshot

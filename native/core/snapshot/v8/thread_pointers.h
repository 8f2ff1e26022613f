// ThreadPointers: where the thread-local variables of a thread are. A register holds that, which only a
// tracer can read; but the C library keeps at that address a structure that points to itself and has the
// thread's ID.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <vector>

#include "core/snapshot/address_map.h"
#include "core/snapshot/memory.h"

namespace kvtool::snapshot::v8 {

class ThreadPointers {
 public:
  // Our ID of the thread that the target calls by this ID, if it lives.
  using LiveThread = std::function<std::optional<pid_t>(pid_t id)>;

  // `memory` and `map` must outlive this. `main` is the main thread.
  ThreadPointers(const Memory& memory, const AddressMap& map, LiveThread live, pid_t main)
      : memory_(memory), map_(map), live_(std::move(live)), main_(main) {}

  // By the stack that the thread runs on.
  std::optional<std::uint64_t> find(pid_t tid, std::uint64_t sp);
  // Of a thread whose stack is not known: by what other threads' structures lead to.
  std::optional<std::uint64_t> find(pid_t tid);

 private:
  std::optional<std::uint64_t> search(std::uint64_t begin, std::uint64_t end, pid_t tid) const;
  std::optional<std::uint64_t> search_main() const;
  // Is there a thread's structure at that address? Then our ID of the thread.
  std::optional<pid_t> thread_at(std::uint64_t address) const;
  void follow_list(std::uint64_t from);

  const Memory& memory_;
  const AddressMap& map_;
  LiveThread live_;
  pid_t main_;
  bool searched_main_ = false;
  bool followed_ = false;
  std::map<pid_t, std::uint64_t> known_;
};

}  // namespace kvtool::snapshot::v8

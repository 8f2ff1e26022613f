// Reference: an enumerator of everything that a small program can do, written apart from the explorer: states
// as values, breadth-first, no fibers, no reduction. The oracle of the searches and the memory models.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "core/explorer/search.h"
#include "core/explorer/world.h"

namespace kvtool::explore::test {

struct Instruction {
  enum class Code : std::uint8_t {
    load,   // register[index] = cell
    store,  // cell = value
    add,    // register = cell; cell += value
    fence,
    lock,  // cell is a mutex
    unlock,
    try_lock,  // register = got it; a later unlock of one not held does nothing
    acquire,   // cell is a semaphore
    release,
  };
  Code code;
  unsigned cell = 0;
  std::int64_t value = 0;
  World::Order order = World::Order::relaxed;
};
using Listing = std::vector<std::vector<Instruction>>;  // by thread

inline constexpr unsigned kCells = 3, kMutexes = 2, kSemaphores = 1;

// What the threads loaded, in order, what is in memory at the end, and whether somebody could not go on.
using Result = std::vector<std::int64_t>;
std::set<Result> enumerate(const Listing& listing, MemoryModel model);

// The same by one of the explorer's searches; `executions` may be null.
std::set<Result> explored(const Listing& listing, MemoryModel model, Search& search, bool hashed,
                          std::uint64_t* executions = nullptr);

std::string to_text(const Listing& listing);

}  // namespace kvtool::explore::test

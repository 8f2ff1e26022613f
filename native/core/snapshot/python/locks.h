// Python's locks as frames show them. The lock objects of C know their owner only when they are recursive.
// But `with lock:` leaves the lock's `__exit__` on the value stack of its frame for as long as its body runs:
// a frame that has it there is inside, and its thread owns the lock.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "core/snapshot/python/code_cache.h"
#include "core/snapshot/python/objects.h"
#include "core/snapshot/python/stack_reader.h"

namespace kvtool::snapshot::python {

struct LockObject {
  std::uint64_t address = 0;
  bool recursive = false;
  // The older form, of a pointer to a semaphore; the newer one is a byte, whose waiters are in CPython's
  // parking lot. The lock changed its form within 3.13, the RLock with 3.14.
  bool has_semaphore = false;
  std::uint64_t word = 0;  // the semaphore, or the byte
  bool operator==(const LockObject&) const = default;
};

// What the frames of one thread say.
struct LockSightings {
  std::vector<LockObject> seen;       // in a variable or on the value stack of some frame
  std::vector<std::uint64_t> inside;  // addresses of the locks in whose `with` a frame is
};

// Adds what the frames of one stack say.
void find_locks(const Objects& objects, CodeCache& codes, const PythonStack& stack, LockSightings& sightings);

// A threading.Lock or threading.RLock at that address; nullopt when there is none.
std::optional<LockObject> lock_at(const Objects& objects, std::uint64_t address);
// Does somebody hold it?
bool is_held(const Objects& objects, const LockObject& lock);
// What an RLock says of its owner, as threading.get_ident() gives it; 0 when nobody has it.
std::uint64_t owner_ident(const Objects& objects, const LockObject& lock);

}  // namespace kvtool::snapshot::python

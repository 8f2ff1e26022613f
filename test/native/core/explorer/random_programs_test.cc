// Thousands of small random programs: what the searches find is exactly what can happen.
#include <gtest/gtest.h>

#include <cstdlib>
#include <mutex>

#include "core/explorer/random.h"
#include "core/explorer/reference.h"
#include "core/explorer/search.h"
#include "core/runtime/model_runtime.h"

namespace kvtool::explore::test {
namespace {

using Code = Instruction::Code;
using Order = World::Order;

struct Mix {
  std::vector<Code> codes;
  unsigned longest;
};

Order order_for(Code code, Random& random) {
  static constexpr Order kLoad[] = {Order::relaxed, Order::relaxed, Order::acquire, Order::seq_cst};
  static constexpr Order kStore[] = {Order::relaxed, Order::relaxed, Order::release, Order::seq_cst};
  static constexpr Order kAny[] = {Order::acquire, Order::release, Order::acq_rel, Order::seq_cst};
  if (code == Code::load) return kLoad[random.below(4)];
  if (code == Code::store) return kStore[random.below(4)];
  return kAny[random.below(4)];
}

Listing make(Random& random, const Mix& mix) {
  Listing listing(2 + random.below(2));
  for (auto& thread : listing) {
    std::vector<unsigned> held;
    const auto length = 1 + random.below(mix.longest);
    for (std::uint64_t i = 0; i < length; ++i) {
      Instruction instruction;
      instruction.code = mix.codes[random.below(mix.codes.size())];
      const bool mutex = instruction.code == Code::lock || instruction.code == Code::unlock ||
                         instruction.code == Code::try_lock;
      const bool semaphore = instruction.code == Code::acquire || instruction.code == Code::release;
      instruction.cell = static_cast<unsigned>(random.below(mutex ? kMutexes : semaphore ? kSemaphores : 2));
      instruction.value = static_cast<std::int64_t>(1 + random.below(2));
      instruction.order = order_for(instruction.code, random);
      thread.push_back(instruction);
    }
  }
  return listing;
}

void compare(const Mix& mix, MemoryModel model, std::uint64_t seed, unsigned programs, bool with_dpor) {
  // KVTOOL_PROGRAMS_TIMES=20 compares twenty times as many.
  const char* times = std::getenv("KVTOOL_PROGRAMS_TIMES");
#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
  programs /= 20;  // a switch of fibers costs the sanitizer a thousand times as much
#endif
  if (times != nullptr) programs *= static_cast<unsigned>(std::strtoul(times, nullptr, 10));
  for (unsigned i = 0; i < programs; ++i) {
    Random random(split_mix(seed * 1'000'003 + i));
    const Listing listing = make(random, mix);
    const std::set<Result> expected = enumerate(listing, model);
    CachedSearch cached;
    ASSERT_EQ(explored(listing, model, cached, true), expected)
        << "cached search, " << to_string(model) << ", program " << i << "\n"
        << to_text(listing);
    if (!with_dpor) continue;
    DporSearch dpor;
    ASSERT_EQ(explored(listing, model, dpor, false), expected)
        << "DPOR, " << to_string(model) << ", program " << i << "\n"
        << to_text(listing);
  }
}

const Mix kAccesses{{Code::load, Code::load, Code::store, Code::store, Code::add, Code::fence}, 4};
const Mix kLocks{{Code::lock, Code::lock, Code::unlock, Code::load, Code::store, Code::add}, 5};
const Mix kSemaphores{{Code::lock, Code::unlock, Code::load, Code::store, Code::acquire, Code::release}, 5};
const Mix kTries{{Code::lock, Code::unlock, Code::try_lock, Code::store, Code::load}, 4};

TEST(RandomPrograms, AccessesUnderSc) { compare(kAccesses, MemoryModel::sc, 1, 600, true); }
TEST(RandomPrograms, AccessesUnderTso) { compare(kAccesses, MemoryModel::tso, 2, 400, true); }
TEST(RandomPrograms, AccessesUnderPso) { compare(kAccesses, MemoryModel::pso, 3, 400, true); }
TEST(RandomPrograms, AccessesUnderArm) { compare(kAccesses, MemoryModel::arm, 4, 150, false); }
TEST(RandomPrograms, LocksUnderSc) { compare(kLocks, MemoryModel::sc, 5, 600, true); }
TEST(RandomPrograms, LocksUnderTso) { compare(kLocks, MemoryModel::tso, 6, 300, true); }
TEST(RandomPrograms, LocksUnderPso) { compare(kLocks, MemoryModel::pso, 8, 300, true); }
TEST(RandomPrograms, SemaphoresUnderSc) { compare(kSemaphores, MemoryModel::sc, 9, 400, true); }
TEST(RandomPrograms, SemaphoresUnderTso) { compare(kSemaphores, MemoryModel::tso, 10, 200, true); }
TEST(RandomPrograms, TryLocksUnderSc) { compare(kTries, MemoryModel::sc, 7, 600, true); }

// What it does not know it does not claim to have explored.
struct Waits {
  static constexpr unsigned kActors = 2;
  void run(unsigned actor) {
    std::unique_lock lock(mutex);
    if (actor == 0) changed.notify_one();
  }
  ModelRuntime::mutex mutex;
  ModelRuntime::condvar changed;
};

TEST(Dpor, GivesUpOnWhatItDoesNotKnow) {
  ProgramOf<Waits> program;
  World world;
  DporSearch dpor;
  do world.run(program, dpor);
  while (dpor.next(world));
  EXPECT_FALSE(dpor.applies());
}

}  // namespace
}  // namespace kvtool::explore::test

// Published litmus tests: which results each memory model allows. SC, TSO: Owens, Sarkar, Sewell (TPHOLs
// 2009); PSO: the SPARC manual; AArch64: multi-copy atomic (Pulte et al., POPL 2018).
#include <gtest/gtest.h>

#include <algorithm>

#include "core/explorer/reference.h"
#include "core/explorer/search.h"
#include "core/runtime/model_runtime.h"

namespace kvtool::explore::test {
namespace {

using Code = Instruction::Code;
using Order = World::Order;

Instruction load(unsigned cell, Order order = Order::relaxed) { return {Code::load, cell, 0, order}; }
Instruction store(unsigned cell, std::int64_t value, Order order = Order::relaxed) {
  return {Code::store, cell, value, order};
}
Instruction fence(Order order) { return {Code::fence, 0, 0, order}; }

// The loads of all threads, in their order, without the positions and the memory.
bool allows(const Listing& listing, MemoryModel model, const std::vector<std::int64_t>& loads) {
  CachedSearch search;
  const auto results = explored(listing, model, search, true);
  return std::any_of(results.begin(), results.end(), [&](const Result& result) {
    std::vector<std::int64_t> seen;
    std::size_t at = 0;
    for (const auto& thread : listing) {
      ++at;  // how far the thread came
      for (const Instruction& instruction : thread)
        if (instruction.code == Code::load) seen.push_back(result[at++]);
    }
    return seen == loads;
  });
}
bool ends_with(const Listing& listing, MemoryModel model, const std::vector<std::int64_t>& memory) {
  CachedSearch search;
  const auto results = explored(listing, model, search, true);
  return std::any_of(results.begin(), results.end(), [&](const Result& result) {
    return std::equal(memory.begin(), memory.end(), result.end() - 1 - kCells);
  });
}

struct Allowed {
  bool sc, tso, pso, arm;
};
void expect(const Listing& listing, const std::vector<std::int64_t>& loads, Allowed allowed) {
  EXPECT_EQ(allows(listing, MemoryModel::sc, loads), allowed.sc) << "sc\n" << to_text(listing);
  EXPECT_EQ(allows(listing, MemoryModel::tso, loads), allowed.tso) << "tso\n" << to_text(listing);
  EXPECT_EQ(allows(listing, MemoryModel::pso, loads), allowed.pso) << "pso\n" << to_text(listing);
  EXPECT_EQ(allows(listing, MemoryModel::arm, loads), allowed.arm) << "arm\n" << to_text(listing);
}

TEST(Litmus, MessagePassing) {
  const Listing plain = {{store(0, 1), store(1, 1)}, {load(1), load(0)}};
  expect(plain, {1, 0}, {false, false, true, true});
  const Listing writer_fenced = {{store(0, 1), fence(Order::release), store(1, 1)}, {load(1), load(0)}};
  expect(writer_fenced, {1, 0}, {false, false, false, true});
  const Listing both = {{store(0, 1), fence(Order::release), store(1, 1)},
                        {load(1), fence(Order::acquire), load(0)}};
  expect(both, {1, 0}, {false, false, false, false});
  const Listing orders = {{store(0, 1), store(1, 1, Order::release)}, {load(1, Order::acquire), load(0)}};
  expect(orders, {1, 0}, {false, false, false, false});
}

TEST(Litmus, StoreBuffering) {
  const Listing plain = {{store(0, 1), load(1)}, {store(1, 1), load(0)}};
  expect(plain, {0, 0}, {false, true, true, true});
  const Listing one = {{store(0, 1), fence(Order::seq_cst), load(1)}, {store(1, 1), load(0)}};
  expect(one, {0, 0}, {false, true, true, true});
  const Listing fenced = {{store(0, 1), fence(Order::seq_cst), load(1)},
                          {store(1, 1), fence(Order::seq_cst), load(0)}};
  expect(fenced, {0, 0}, {false, false, false, false});
  const Listing orders = {{store(0, 1, Order::seq_cst), load(1, Order::seq_cst)},
                          {store(1, 1, Order::seq_cst), load(0, Order::seq_cst)}};
  expect(orders, {0, 0}, {false, false, false, false});
  const Listing weak = {{store(0, 1, Order::release), load(1, Order::acquire)},
                        {store(1, 1, Order::release), load(0, Order::acquire)}};
  expect(weak, {0, 0}, {false, true, true, true});
}

TEST(Litmus, IndependentReadsOfIndependentWrites) {
  const Listing plain = {{store(0, 1)}, {store(1, 1)}, {load(0), load(1)}, {load(1), load(0)}};
  expect(plain, {1, 0, 1, 0}, {false, false, false, true});
  const Listing acquired = {
      {store(0, 1)}, {store(1, 1)}, {load(0, Order::acquire), load(1)}, {load(1, Order::acquire), load(0)}};
  expect(acquired, {1, 0, 1, 0}, {false, false, false, false});
}

TEST(Litmus, ReadsOfOneCellAgree) {
  const Listing listing = {{store(0, 1), store(0, 2)}, {load(0), load(0)}};
  expect(listing, {2, 1}, {false, false, false, false});
  expect(listing, {1, 0}, {false, false, false, false});
  expect(listing, {1, 2}, {true, true, true, true});
  const Listing own = {{store(0, 1), load(0)}, {store(0, 2)}};
  expect(own, {0}, {false, false, false, false});
}

TEST(Litmus, WritesOfTwoCells) {
  const Listing listing = {{store(0, 1), store(1, 2)}, {store(1, 1), store(0, 2)}};
  EXPECT_FALSE(ends_with(listing, MemoryModel::sc, {1, 1, 0}));
  EXPECT_FALSE(ends_with(listing, MemoryModel::tso, {1, 1, 0}));
  EXPECT_TRUE(ends_with(listing, MemoryModel::pso, {1, 1, 0}));
  EXPECT_TRUE(ends_with(listing, MemoryModel::arm, {1, 1, 0}));
}

TEST(Litmus, WriteToReadCausality) {
  const Listing plain = {{store(0, 1)}, {load(0), store(1, 1)}, {load(1), load(0)}};
  expect(plain, {1, 1, 0}, {false, false, false, true});
  const Listing acquired = {{store(0, 1)}, {load(0), store(1, 1)}, {load(1, Order::acquire), load(0)}};
  expect(acquired, {1, 1, 0}, {false, false, false, false});
}

// A load may bind late: after the stores that follow it (AArch64), unless its value or a fence is in between.
struct LoadBuffering {
  static constexpr bool kMayBeAbandoned = true;
  static constexpr unsigned kActors = 2;
  explicit LoadBuffering(bool with_fences) : fenced(with_fences) {}
  void run(unsigned actor) {
    ModelRuntime::atomic<int>& mine = actor == 0 ? x : y;
    ModelRuntime::atomic<int>& other = actor == 0 ? y : x;
    const unsigned token = mine.load_late();
    if (fenced) ModelRuntime::fence(std::memory_order_acquire);
    other.store(1, std::memory_order_relaxed);
    seen[actor] = mine.late_value(token);
  }
  void finish() { ModelRuntime::check(seen[0] == 0 || seen[1] == 0, "not both loads see the later store"); }
  const bool fenced;
  ModelRuntime::atomic<int> x{0}, y{0};
  int seen[2] = {0, 0};
};

TEST(Litmus, LoadBuffering) {
  const auto violated = [](bool fenced, MemoryModel model) {
    ProgramOf<LoadBuffering, bool> program(fenced);
    World world(model);
    world.set_hashed(true);
    CachedSearch search;
    bool seen = false;
    do seen |= world.run(program, search) == Outcome::violation;
    while (search.next(world));
    return seen;
  };
  EXPECT_FALSE(violated(false, MemoryModel::sc));
  EXPECT_FALSE(violated(false, MemoryModel::tso));
  EXPECT_FALSE(violated(false, MemoryModel::pso));
  EXPECT_TRUE(violated(false, MemoryModel::arm));
  EXPECT_FALSE(violated(true, MemoryModel::arm));
}

}  // namespace
}  // namespace kvtool::explore::test

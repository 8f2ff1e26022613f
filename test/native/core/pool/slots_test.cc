#include "core/pool/slots.h"

#include <gtest/gtest.h>

#include "core/explorer/explorer.h"
#include "core/runtime/invariants.h"
#include "core/runtime/model_runtime.h"
#include "core/runtime/real_runtime.h"

namespace kvtool::pool {
namespace {

using explore::Outcome;

TEST(Slots, HandsOutUntilAllAreInUse) {
  take_broken_invariants();
  Slots<RealRuntime, int> slots(2, "a number");
  const auto one = slots.allocate(1), two = slots.allocate(2);
  ASSERT_TRUE(one && two);
  EXPECT_FALSE(slots.allocate(3));
  EXPECT_EQ(slots.get(*two, [](int value) { return value; }), 2);
  EXPECT_TRUE(slots.use(*two, [](int& value) { value = 4; }));
  EXPECT_EQ(slots.get(*two, [](int value) { return value; }), 4);
  slots.free(*one);
  slots.free(*two);
  EXPECT_EQ(slots.in_use(), 0U);
  slots.check_leaks();
  EXPECT_TRUE(take_broken_invariants().empty());
}

TEST(Slots, ReportsMisuseAlsoWhenTheSlotIsUsedAgain) {
  take_broken_invariants();
  Slots<RealRuntime, int> slots(1, "a number");
  const auto stale = slots.allocate(1);
  slots.free(*stale);
  const auto again = slots.allocate(2);
  EXPECT_EQ(again->index, stale->index);
  EXPECT_FALSE(slots.get(*stale, [](int value) { return value; }));
  EXPECT_FALSE(slots.use(*stale, [](int&) {}));
  EXPECT_EQ(take_broken_invariants(), std::vector<std::string>{"use after free of a number"});
  slots.free(*stale);
  EXPECT_EQ(take_broken_invariants(), std::vector<std::string>{"double free of a number"});
  slots.check_leaks();
  EXPECT_EQ(take_broken_invariants(), std::vector<std::string>{"leak of a number"});
}

TEST(Slots, UsesAFreedSlotAsLateAsPossible) {
  Slots<RealRuntime, int> slots(3, "a number");
  const auto first = slots.allocate(1);
  slots.free(*first);
  EXPECT_NE(slots.allocate(2)->index, first->index);
  EXPECT_NE(slots.allocate(3)->index, first->index);
  EXPECT_EQ(slots.allocate(4)->index, first->index);
}

// Two threads and one object: who frees, and whether the other one still uses it.
template <bool kFreesTwice, bool kFrees>
struct Misuse {
  static constexpr unsigned kActors = 2;
  ModelRuntime::mutex mutex;
  Slots<ModelRuntime, int> slots{2, "it"};
  Handle handle = *slots.allocate(1);
  void run(unsigned actor) {
    const std::lock_guard guard(mutex);
    if (actor == 1 && !kFreesTwice) {
      slots.use(handle, [](int& value) { ++value; });
    } else if (kFrees) {
      slots.free(handle);
    }
  }
  void finish() { slots.check_leaks(); }
};

template <class State>
Outcome explored() {
  explore::ProgramOf<State> program;
  const auto result = explore::explore(program, {});
  return result.failure ? result.failure->outcome : Outcome::ok;
}

TEST(Slots, AModelTellsTheKindsApart) {
  EXPECT_EQ((explored<Misuse<false, true>>()), Outcome::use_after_free);
  EXPECT_EQ((explored<Misuse<true, true>>()), Outcome::double_free);
  EXPECT_EQ((explored<Misuse<false, false>>()), Outcome::leak);
}

}  // namespace
}  // namespace kvtool::pool

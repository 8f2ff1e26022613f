// Data races of random programs: what the searches find is compared with every execution there is. A race
// depends on what is ordered, which neither the values nor the locks of a state show.
#include <gtest/gtest.h>

#include <array>
#include <cstdlib>
#include <string>
#include <vector>

#include "core/explorer/programs.h"
#include "core/explorer/random.h"
#include "core/explorer/search.h"

namespace kvtool::explore::test {
namespace {

enum class Act : std::uint8_t { locked_nothing, locked_write, locked_read, write, read, publish, consume };

struct Step {
  Act act;
  std::uint8_t object;  // which lock, datum or flag
  bool ordered;         // publish and consume: release and acquire, or relaxed
};
using Code = std::vector<std::vector<Step>>;

Code random_code(Random& random) {
  Code code(2 + random.below(2));
  for (auto& actor : code) {
    actor.resize(1 + random.below(code.size() == 2 ? 4 : 2));
    for (Step& step : actor)
      step = {static_cast<Act>(random.below(7)), static_cast<std::uint8_t>(random.below(2)),
              random.below(2) == 0};
  }
  return code;
}

struct Interpreter {
  explicit Interpreter(const Code* program) : code(*program) {}
  static unsigned actor_count(const Code* program) { return static_cast<unsigned>(program->size()); }
  void run(unsigned actor) {
    for (const Step& step : code[actor])
      if (!execute(step)) return;
  }
  // False: what it waited for has not come, and it gives up.
  bool execute(const Step& step) {
    const auto at = step.object;
    switch (step.act) {
      case Act::locked_nothing: {
        const std::lock_guard guard(locks[at]);
        return true;
      }
      case Act::locked_write: {
        const std::lock_guard guard(locks[at]);
        data[at].update([](int& value) { value = 1; });
        return true;
      }
      case Act::locked_read: {
        const std::lock_guard guard(locks[at]);
        data[at].get([](int) { return 0; });  // learns nothing
        return true;
      }
      case Act::write:
        data[at].update([](int& value) { value = 1; });
        return true;
      case Act::read:
        data[at].get([](int) { return 0; });
        return true;
      case Act::publish:
        flags[at].store(1, step.ordered ? std::memory_order_release : std::memory_order_relaxed);
        return true;
      case Act::consume:
        return flags[at].load(step.ordered ? std::memory_order_acquire : std::memory_order_relaxed) != 0;
    }
    return true;
  }
  const Code& code;
  std::array<Rt::mutex, 2> locks;
  std::array<Rt::plain<int>, 2> data{Rt::plain<int>{0, "x"}, Rt::plain<int>{0, "y"}};
  std::array<Rt::atomic<int>, 2> flags{Rt::atomic<int>{0, "f"}, Rt::atomic<int>{0, "g"}};
};

// Every execution, one after another.
class Everything final : public Strategy {
 public:
  void begin(World&) override { depth_ = 0; }
  int pick(World& world) override {
    if (depth_ == left_.size()) left_.push_back(world.enabled());
    return static_cast<int>(lowest(left_[depth_++]));
  }
  unsigned choose(World&, unsigned) override { return 0; }
  // False when there is no other.
  bool next() {
    left_.resize(depth_);
    while (!left_.empty() && (left_.back() & (left_.back() - 1)) == 0) left_.pop_back();
    if (left_.empty()) return false;
    left_.back() &= left_.back() - 1;
    return true;
  }

 private:
  std::vector<AgentSet> left_;
  std::size_t depth_ = 0;
};

template <class S>
bool races(Program& program, S& search, bool hashed) {
  World world;
  world.set_hashed(hashed);
  bool raced = false, more = true;
  while (more) {
    raced |= world.run(program, search) == Outcome::race;
    if constexpr (std::is_same_v<S, Everything>)
      more = search.next();
    else
      more = search.next(world);
  }
  return raced;
}

std::string text(const Code& code) {
  static constexpr const char* kNames[] = {"lock", "lock,write", "lock,read", "write",
                                           "read", "store",      "load"};
  std::string all;
  for (const auto& actor : code) {
    for (const Step& step : actor)
      all += std::string(kNames[static_cast<unsigned>(step.act)]) + std::to_string(step.object) +
             (step.ordered ? "o " : " ");
    all += "| ";
  }
  return all;
}

TEST(RandomRaces, SearchesFindARaceWhereThereIsOne) {
  const char* times = std::getenv("KVTOOL_PROGRAMS_TIMES");
  const unsigned programs = 1500 * static_cast<unsigned>(times == nullptr ? 1 : std::atoi(times));
  Random random(20);
  unsigned racing = 0;
  for (unsigned i = 0; i < programs; ++i) {
    const Code code = random_code(random);
    ProgramOf<Interpreter, const Code*> program(&code);
    Everything everything;
    const bool expected = races(program, everything, false);
    CachedSearch cached;
    EXPECT_EQ(races(program, cached, true), expected) << "cached search: " << text(code);
    DporSearch dpor;
    EXPECT_EQ(races(program, dpor, false), expected) << "DPOR: " << text(code);
    racing += expected ? 1 : 0;
  }
  // Neither all nor none, or it shows nothing.
  EXPECT_GT(racing, programs / 10);
  EXPECT_LT(racing, programs * 9 / 10);
}

}  // namespace
}  // namespace kvtool::explore::test

// The random strategies. Each explores one schedule per execution, chosen by its seed, and costs nothing to
// start over.
//
//   RandomWalk    every enabled agent alike
//   UniformWalk   weighted by the steps an agent has left: every interleaving of independent agents alike
//                 (URW, ASPLOS 2025); the best blind strategy on lock and atomicity bugs
//   Pct           priorities with d - 1 change points: finds a bug of depth d with probability at least
//                 1 / (n k^(d-1)) (ASPLOS 2010)
//   Pos           a random priority for each operation, redrawn for those that it conflicts with (CAV 2018)
//   Surw          uniform over the interleavings of the accesses of one object, chosen at random (ASPLOS
//   2025)
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "core/explorer/random.h"
#include "core/explorer/strategy.h"
#include "core/explorer/world.h"

namespace kvtool::explore {

// What a pilot execution showed: how many steps each agent took, and on which objects.
struct Pilot {
  std::array<std::uint32_t, kMaxAgents> steps{};
  std::vector<std::array<std::uint16_t, kMaxAgents>> accesses;  // by object
  unsigned length = 0;
  static Pilot of(const World& world);
};

class Seeded : public Strategy {
 public:
  void reseed(std::uint64_t seed) { random_.reseed(seed); }
  unsigned choose(World&, unsigned alternatives) override {
    return static_cast<unsigned>(random_.below(alternatives));
  }

 protected:
  unsigned any_of(AgentSet set) {
    const unsigned size = count(set);
    return member(set, size > 1 ? random_.below(size) : 0);
  }
  Random random_;
};

class RandomWalk final : public Seeded {
 public:
  int pick(World& world) override { return static_cast<int>(any_of(world.enabled())); }
};

class UniformWalk final : public Seeded {
 public:
  explicit UniformWalk(const Pilot& pilot) : pilot_(pilot) {}
  void begin(World& world) override;
  int pick(World& world) override;

 private:
  const Pilot& pilot_;
  std::array<std::uint32_t, kMaxAgents> left_{};
};

class Pct final : public Seeded {
 public:
  Pct(const Pilot& pilot, unsigned depth) : pilot_(pilot), depth_(depth) {}
  void begin(World& world) override;
  int pick(World& world) override;

 private:
  const Pilot& pilot_;
  const unsigned depth_;
  std::array<std::uint64_t, kMaxAgents> priority_{};
  std::vector<unsigned> changes_;
  std::uint64_t next_low_ = 0;
};

class Pos final : public Seeded {
 public:
  void begin(World& world) override;
  int pick(World& world) override;

 private:
  std::array<std::uint64_t, kMaxAgents> priority_{};
};

class Surw final : public Seeded {
 public:
  explicit Surw(const Pilot& pilot) : pilot_(pilot) {}
  void begin(World& world) override;
  int pick(World& world) override;

 private:
  void choose_intended();
  const Pilot& pilot_;
  ObjectId object_ = kNoObject;
  std::array<std::uint32_t, kMaxAgents> left_{};
  int intended_ = -1;
};

// A schedule by its switch points: after `agent` has taken `taken` steps in all, `next` goes on. Between two
// points whoever runs keeps running; when it cannot, the lowest agent that can.
struct SwitchPoint {
  std::uint8_t agent;  // kMaxAgents: at the very beginning
  std::uint16_t taken;
  std::uint8_t next;
  bool operator==(const SwitchPoint&) const = default;
};
struct Schedule {
  std::vector<SwitchPoint> points;
  std::vector<std::uint8_t> choices;  // in the order in which they were made
  // Whom the numbers from kMaxActors on stand for.
  std::vector<World::AgentKey> agents = {};
  // Whether unlocks were steps of their own, as a search wants it where somebody tries locks.
  bool unlock_steps = false;
  bool operator==(const Schedule&) const = default;
  // The schedule of the execution that `world` ran last.
  static Schedule of(const World& world);
};

class Replay final : public Strategy {
 public:
  explicit Replay(const Schedule& schedule) : schedule_(schedule) {}
  void begin(World&) override;
  int pick(World& world) override;
  unsigned choose(World& world, unsigned alternatives) override;
  // How many switch points and choices were met as they stand, after the execution.
  bool followed() const { return used_ == schedule_.points.size() && !strayed_; }

 private:
  const Schedule& schedule_;
  std::array<std::uint16_t, kMaxAgents> taken_{};
  unsigned last_ = kMaxAgents;
  std::size_t used_ = 0, chosen_ = 0;
  bool strayed_ = false;
};

}  // namespace kvtool::explore

#include <algorithm>
#include <array>
#include <tuple>
#include <utility>
#include <vector>

#include "core/explorer/explorer.h"

namespace kvtool::explore {

namespace {

// A schedule as blocks: each agent's turn and its length in steps.
struct Block {
  std::uint8_t agent;
  std::uint16_t steps;
};

std::vector<Block> blocks_of(const World& world) {
  std::vector<Block> blocks;
  for (unsigned i = 0; i < world.steps(); ++i) {
    const auto agent = static_cast<std::uint8_t>(world.agent_of(i));
    if (blocks.empty() || blocks.back().agent != agent) blocks.push_back({agent, 0});
    ++blocks.back().steps;
  }
  return blocks;
}

// The rest as in `like`.
Schedule schedule_of(const std::vector<Block>& blocks, const Schedule& like) {
  Schedule schedule = like;
  schedule.points.clear();
  std::array<std::uint16_t, kMaxAgents> taken{};
  std::uint8_t last = kMaxAgents;
  for (const Block& block : blocks) {
    if (block.agent != last)
      schedule.points.push_back({last, last == kMaxAgents ? std::uint16_t{0} : taken[last], block.agent});
    taken[block.agent] = static_cast<std::uint16_t>(taken[block.agent] + block.steps);
    last = block.agent;
  }
  return schedule;
}

class Minimiser {
 public:
  Minimiser(Program& program, const Schedule& schedule, Outcome outcome, const std::string& message,
            MemoryModel model, const Limits& limits)
      : program_(program), outcome_(outcome), message_(message), world_(model, limits), best_(schedule) {
    replay(program_, best_, world_);
    keep();
  }

  Schedule run() {
    while (replays_ < kMostReplays && (drop_points() || join_blocks() || drop_choices())) {
    }
    return std::move(best_);
  }

 private:
  static constexpr unsigned kMostReplays = 20'000;

  void keep() {
    // What was run, not what was asked for: points that nobody reached are gone.
    best_ = Schedule::of(world_);
    steps_ = world_.steps();
    blocks_ = blocks_of(world_);
  }

  bool attempt(const Schedule& candidate) {
    if (++replays_ > kMostReplays) return false;
    replay(program_, candidate, world_);
    if (world_.outcome() != outcome_ || world_.message() != message_) return false;
    const Schedule ran = Schedule::of(world_);
    const auto size = [](const Schedule& s) { return s.points.size(); };
    const auto made = [](const Schedule& s) {
      return std::count_if(s.choices.begin(), s.choices.end(), [](std::uint8_t c) { return c != 0; });
    };
    const bool better =
        std::tuple(size(ran), world_.steps(), made(ran)) < std::tuple(size(best_), steps_, made(best_));
    if (better) keep();
    return better;
  }

  // Large pieces first, then single points.
  bool drop_points() {
    bool any = false;
    for (std::size_t piece = std::max<std::size_t>(1, best_.points.size() / 2);; piece /= 2) {
      for (std::size_t at = 0; at < best_.points.size();) {
        Schedule candidate = best_;
        const auto from = candidate.points.begin() + static_cast<std::ptrdiff_t>(at);
        const std::size_t length = std::min(piece, candidate.points.size() - at);
        candidate.points.erase(from, from + static_cast<std::ptrdiff_t>(length));
        if (attempt(candidate))
          any = true;
        else
          at += piece;
      }
      if (piece == 1) return any;
    }
  }

  // Two turns of one agent become one: the earlier later, or the later earlier.
  bool join_blocks() {
    for (std::size_t i = 0; i < blocks_.size(); ++i) {
      std::size_t next = i + 1;
      while (next < blocks_.size() && blocks_[next].agent != blocks_[i].agent) ++next;
      if (next == blocks_.size()) continue;
      for (const bool later : {true, false}) {
        std::vector<Block> joined = blocks_;
        joined[later ? next : i].steps = static_cast<std::uint16_t>(joined[i].steps + joined[next].steps);
        joined.erase(joined.begin() + static_cast<std::ptrdiff_t>(later ? i : next));
        if (attempt(schedule_of(joined, best_))) return true;
      }
    }
    return false;
  }

  bool drop_choices() {
    for (std::size_t i = 0; i < best_.choices.size(); ++i) {
      if (best_.choices[i] == 0) continue;
      Schedule candidate = best_;
      candidate.choices[i] = 0;
      if (attempt(candidate)) return true;
    }
    return false;
  }

  Program& program_;
  const Outcome outcome_;
  const std::string& message_;
  World world_;
  Schedule best_;
  std::vector<Block> blocks_;
  unsigned steps_ = 0, replays_ = 0;
};

}  // namespace

Schedule minimise(Program& program, const Schedule& schedule, Outcome outcome, const std::string& message,
                  MemoryModel model, const Limits& limits) {
  return Minimiser(program, schedule, outcome, message, model, limits).run();
}

}  // namespace kvtool::explore

#include "core/explorer/strategies.h"

#include <algorithm>
#include <utility>

namespace kvtool::explore {

Pilot Pilot::of(const World& world) {
  Pilot pilot;
  pilot.length = world.steps();
  pilot.accesses.resize(world.object_count());
  for (unsigned i = 0; i < world.steps(); ++i) {
    const AgentId agent = world.agent_of(i);
    ++pilot.steps[agent];
    const Operation& operation = world.operation_of(i);
    if (operation.memory && operation.kind != Kind::unlock && operation.object < pilot.accesses.size())
      ++pilot.accesses[operation.object][agent];
  }
  return pilot;
}

namespace {
unsigned best_of(AgentSet set, const std::array<std::uint64_t, kMaxAgents>& priority) {
  unsigned best = lowest(set);
  for (set &= set - 1; set != 0; set &= set - 1)
    if (const unsigned agent = lowest(set); priority[agent] > priority[best]) best = agent;
  return best;
}
}  // namespace

void UniformWalk::begin(World&) {
  for (unsigned i = 0; i < kMaxAgents; ++i) left_[i] = std::max<std::uint32_t>(1, pilot_.steps[i]);
}

int UniformWalk::pick(World& world) {
  const AgentSet enabled = world.enabled();
  if ((enabled & (enabled - 1)) == 0) {
    const unsigned only = lowest(enabled);
    if (left_[only] > 1) --left_[only];
    return static_cast<int>(only);
  }
  std::uint64_t total = 0;
  for (AgentSet rest = enabled; rest != 0; rest &= rest - 1) total += left_[lowest(rest)];
  std::uint64_t ticket = random_.below(total);
  for (AgentSet rest = enabled;; rest &= rest - 1) {
    const unsigned agent = lowest(rest);
    if (ticket < left_[agent]) {
      if (left_[agent] > 1) --left_[agent];
      return static_cast<int>(agent);
    }
    ticket -= left_[agent];
  }
}

void Pct::begin(World&) {
  for (std::uint64_t& priority : priority_) priority = (std::uint64_t{1} << 32U) + (random_.next() >> 32U);
  next_low_ = std::uint64_t{1} << 20U;
  changes_.clear();
  for (unsigned i = 1; i < depth_; ++i)
    changes_.push_back(1 + static_cast<unsigned>(random_.below(std::max(1U, pilot_.length))));
}

int Pct::pick(World& world) {
  for (const unsigned change : changes_)
    if (change == world.step()) priority_[best_of(world.enabled(), priority_)] = next_low_--;
  return static_cast<int>(best_of(world.enabled(), priority_));
}

void Pos::begin(World&) {
  for (std::uint64_t& priority : priority_) priority = random_.next();
}

int Pos::pick(World& world) {
  const AgentSet enabled = world.enabled();
  const unsigned best = best_of(enabled, priority_);
  for (AgentSet rest = enabled & ~bit(best); rest != 0; rest &= rest - 1)
    if (const unsigned other = lowest(rest); dependent(world.pending(other), world.pending(best)))
      priority_[other] = random_.next();
  priority_[best] = random_.next();
  return static_cast<int>(best);
}

void Surw::begin(World&) {
  std::vector<ObjectId> shared;
  for (std::size_t object = 0; object < pilot_.accesses.size(); ++object) {
    const auto& by = pilot_.accesses[object];
    if (std::count_if(by.begin(), by.end(), [](std::uint16_t n) { return n > 0; }) > 1)
      shared.push_back(static_cast<ObjectId>(object));
  }
  object_ = shared.empty() ? kNoObject : shared[random_.below(shared.size())];
  for (unsigned i = 0; i < kMaxAgents; ++i) left_[i] = object_ == kNoObject ? 0 : pilot_.accesses[object_][i];
  choose_intended();
}

void Surw::choose_intended() {
  std::uint64_t total = 0;
  for (const std::uint32_t left : left_) total += left;
  intended_ = -1;
  if (total == 0) return;
  std::uint64_t ticket = random_.below(total);
  for (unsigned i = 0; i < kMaxAgents; ++i) {
    if (ticket < left_[i]) {
      intended_ = static_cast<int>(i);
      return;
    }
    ticket -= left_[i];
  }
}

int Surw::pick(World& world) {
  AgentSet candidates = world.enabled();
  if (intended_ >= 0)
    for (AgentSet rest = world.enabled(); rest != 0; rest &= rest - 1)
      if (const unsigned agent = lowest(rest);
          static_cast<int>(agent) != intended_ && world.pending(agent).object == object_)
        candidates &= ~bit(agent);
  if (candidates == 0) candidates = world.enabled();
  const unsigned picked = any_of(candidates);
  if (object_ != kNoObject && world.pending(picked).object == object_) {
    if (left_[picked] > 0) --left_[picked];
    choose_intended();
  }
  return static_cast<int>(picked);
}

// ---- replay

Schedule Schedule::of(const World& world) {
  Schedule schedule;
  std::array<std::uint16_t, kMaxAgents> taken{};
  unsigned last = kMaxAgents;
  for (unsigned i = 0; i < world.steps(); ++i) {
    const unsigned agent = world.agent_of(i);
    if (agent != last)
      schedule.points.push_back({static_cast<std::uint8_t>(last),
                                 last == kMaxAgents ? std::uint16_t{0} : taken[last],
                                 static_cast<std::uint8_t>(agent)});
    ++taken[agent];
    last = agent;
  }
  schedule.choices = world.choices();
  for (unsigned agent = kMaxActors; agent < world.agent_count(); ++agent)
    schedule.memory_agents.push_back(world.memory_agent_key(agent));
  return schedule;
}

// The first choices of an execution may come before begin(): actors run to their first operation before that.
void Replay::start_over() {
  if (!std::exchange(ended_, false)) return;
  used_ = chosen_ = 0;
  strayed_ = false;
}

void Replay::begin(World& world) {
  start_over();
  for (unsigned agent = 0; agent <= kMaxAgents; ++agent) here_[agent] = static_cast<std::uint8_t>(agent);
  for (unsigned i = 0; i < schedule_.memory_agents.size(); ++i)
    here_[kMaxActors + i] = static_cast<std::uint8_t>(world.memory_agent_of_key(schedule_.memory_agents[i]));
  taken_.fill(0);
  last_ = kMaxAgents;
}

int Replay::pick(World& world) {
  const AgentSet enabled = world.enabled();
  int picked = -1;
  const std::uint16_t taken = last_ < kMaxAgents ? taken_[last_] : 0;
  for (const SwitchPoint& point : schedule_.points) {
    if (here_[point.agent] != last_ || point.taken != taken) continue;
    const unsigned next = here_[point.next];
    if ((enabled & bit(next)) == 0) {
      strayed_ = true;
      break;
    }
    picked = static_cast<int>(next);
    ++used_;
    break;
  }
  if (picked < 0)
    picked = static_cast<int>(last_ < kMaxAgents && (enabled & bit(last_)) != 0 ? last_ : lowest(enabled));
  last_ = static_cast<unsigned>(picked);
  ++taken_[last_];
  return picked;
}

unsigned Replay::choose(World&, unsigned alternatives) {
  start_over();
  if (chosen_ >= schedule_.choices.size()) return 0;
  const unsigned chosen = schedule_.choices[chosen_++];
  if (chosen < alternatives) return chosen;
  strayed_ = true;
  return 0;
}

}  // namespace kvtool::explore

#include "core/explorer/search.h"

#include <algorithm>

namespace kvtool::explore {

// ---- states

int CachedSearch::pick(World& world) {
  if (cursor_ < stack_.size()) {
    last_ = stack_[cursor_++].chosen;
    return static_cast<int>(last_);
  }
  if (!visited_.insert(world.state_hash())) return kPrune;
  const AgentSet enabled = world.enabled();
  // Who runs keeps running: fewer switches, and the shortest failures come with few of them.
  const unsigned chosen = cursor_ > 0 && (enabled & bit(last_)) != 0 ? last_ : lowest(enabled);
  stack_.push_back({enabled & ~bit(chosen), static_cast<std::uint16_t>(chosen), 0});
  ++cursor_;
  last_ = chosen;
  return static_cast<int>(chosen);
}

unsigned CachedSearch::choose(World&, unsigned alternatives) {
  if (cursor_ == stack_.size()) stack_.push_back({0, 0, static_cast<std::uint16_t>(alternatives)});
  return stack_[cursor_++].chosen;
}

bool CachedSearch::next(World& world) {
  if (world.agents_grew() || (world.saw_try_lock() && !world.unlocks_are_steps())) {
    world.set_unlock_steps(world.saw_try_lock());
    stack_.clear();
    visited_.clear();
    cursor_ = 0;
    return true;
  }
  while (!stack_.empty()) {
    Node& node = stack_.back();
    if (node.alternatives > 0) {
      if (++node.chosen < node.alternatives) break;
    } else if (node.rest != 0) {
      node.chosen = static_cast<std::uint16_t>(lowest(node.rest));
      node.rest &= node.rest - 1;
      break;
    }
    stack_.pop_back();
  }
  cursor_ = 0;
  return !stack_.empty();
}

// ---- partial orders

namespace {

// See the class.
bool knows(const Operation& operation) {
  switch (operation.kind) {
    case Kind::lock:
    case Kind::try_lock:
    case Kind::unlock:
    case Kind::acquire:
    case Kind::release:
      return !operation.timed;
    case Kind::local:
    case Kind::load:
    case Kind::store:
    case Kind::modify:
    case Kind::fence:
    case Kind::flush:
    case Kind::spin:
    case Kind::join:
      return true;
    default:
      return false;
  }
}

}  // namespace

DporSearch::DporSearch() { events_.reserve(256); }

void DporSearch::join(Clock& into, const Clock& from) const {
  for (unsigned i = 0; i < agents_; ++i) into[i] = std::max(into[i], from[i]);
}

void DporSearch::begin(World& world) {
  agents_ = world.agent_count();
  events_.clear();
  sleep_ = 0;
  for (Clock& clock : clock_) clock.fill(0);
  for (unsigned i = 0; i < world.object_count(); ++i) {
    written_[i].fill(0);
    read_[i].fill(0);
  }
}

int DporSearch::pick(World& world) {
  if (cursor_ < stack_.size()) {
    sleep_ = stack_[cursor_].sleep;
    return stack_[cursor_++].chosen;
  }
  const AgentSet enabled = world.enabled();
  for (unsigned actor = 0; actor < world.actor_count(); ++actor)
    applies_ &= world.has_ended(actor) || knows(world.pending(actor));
  const AgentSet awake = enabled & ~sleep_;
  if (awake == 0 || !applies_) return kPrune;
  const unsigned last = world.step() > 0 ? world.agent_of(world.step() - 1) : kMaxAgents;
  const unsigned chosen = last < kMaxAgents && (awake & bit(last)) != 0 ? last : lowest(awake);
  Node node;
  node.enabled = enabled;
  node.sleep = sleep_ & enabled;
  node.chosen = static_cast<std::uint16_t>(chosen);
  node.back = bit(chosen);
  for (AgentSet rest = enabled; rest != 0; rest &= rest - 1)
    node.next[lowest(rest)] = world.pending(lowest(rest));
  stack_.push_back(node);
  ++cursor_;
  return static_cast<int>(chosen);
}

unsigned DporSearch::choose(World&, unsigned alternatives) {
  if (cursor_ == stack_.size()) {
    Node node;
    node.alternatives = static_cast<std::uint16_t>(alternatives);
    stack_.push_back(node);
  }
  return stack_[cursor_++].chosen;
}

// An actor and its own store buffer: a fence, a modification and a seq_cst store wait for the buffer, and a
// load of the cell sees whether the store is still in it.
bool DporSearch::ordered_by_buffer(const World& world, unsigned actor, const Operation& operation,
                                   unsigned flush, const Operation& flushed) const {
  if (actor >= kMaxActors || flush < kMaxActors || world.actor_of(flush) != actor) return false;
  switch (operation.kind) {
    case Kind::fence:
    case Kind::modify:
      return true;
    case Kind::store:
      return operation.memory;
    case Kind::load:
      return operation.object == flushed.object;
    default:
      return false;
  }
}

bool DporSearch::dependent_agents(const World& world, unsigned a, const Operation& of_a, unsigned b,
                                  const Operation& of_b) const {
  return dependent(of_a, of_b) || ordered_by_buffer(world, a, of_a, b, of_b) ||
         ordered_by_buffer(world, b, of_b, a, of_a);
}

void DporSearch::taken(World& world, unsigned agent) {
  agents_ = world.agent_count();
  const Operation& operation = world.pending(agent);
  Node& node = stack_[cursor_ - 1];
  AgentSet asleep = 0;
  for (AgentSet rest = (node.sleep | node.done) & ~bit(agent); rest != 0; rest &= rest - 1) {
    const unsigned other = lowest(rest);
    if (!dependent_agents(world, other, node.next[other], agent, operation)) asleep |= bit(other);
  }
  sleep_ = asleep;
  if (world.agent_kind(agent) == Kind::flush)
    join(clock_[agent], stored_[world.actor_of(agent)][world.flush_sequence(agent) % 64]);
  find_races(world, agent, operation);
  advance(world, agent, operation);
}

void DporSearch::advance(const World& world, unsigned agent, const Operation& operation) {
  Clock& clock = clock_[agent];
  const std::uint16_t index = ++clock[agent];
  if (operation.memory && operation.object != kNoObject) {
    join(clock, written_[operation.object]);
    if (operation.write) join(clock, read_[operation.object]);
  }
  if (agent < kMaxActors && (operation.kind == Kind::fence || operation.kind == Kind::modify ||
                             (operation.kind == Kind::store && operation.memory)))
    for (AgentSet own = world.flush_agents(agent); own != 0; own &= own - 1) join(clock, clock_[lowest(own)]);
  if (operation.kind == Kind::join)
    for (unsigned other = 0; other < world.actor_count(); ++other)
      if (world.has_ended(other)) join(clock, clock_[other]);  // the one joined is among them
  Event event{.clock = clock, .index = index, .node = static_cast<std::uint32_t>(cursor_ - 1)};
  events_.push_back(event);
  if (operation.memory && operation.object != kNoObject) {
    if (operation.write)
      join(written_[operation.object], clock);
    else
      join(read_[operation.object], clock);
  }
  if (operation.kind == Kind::store && !operation.memory)
    stored_[agent][world.next_sequence(agent) % 64] = clock;
}

void DporSearch::unlocked(World& world, ObjectId object, bool shared) {
  join(shared ? read_[object] : written_[object], clock_[world.running()]);
}

void DporSearch::started(World& world, unsigned by, unsigned actor) {
  (void)world;
  join(clock_[actor], clock_[by]);
}

namespace {

// Steps after which somebody else's lock or semaphore may be possible that was not before.
bool may_enable(Kind kind) {
  return kind == Kind::unlock || kind == Kind::try_lock || kind == Kind::release || kind == Kind::store ||
         kind == Kind::flush;
}

}  // namespace

// For the step that `agent` is about to take (or would take, if it could): with which earlier steps does it
// race, and whose turn should it have been there instead?
void DporSearch::find_races(const World& world, unsigned agent, const Operation& operation) {
  if (!operation.memory && !(agent < kMaxActors && operation.kind == Kind::fence)) return;
  Clock covered = clock_[agent];
  const bool blocks = agent < kMaxActors && (operation.kind == Kind::lock || operation.kind == Kind::acquire);
  bool took_steps = false;  // the agent itself, since the step looked at
  for (auto i = static_cast<unsigned>(events_.size()); i-- > 0;) {
    const unsigned other = world.agent_of(i);
    if (other == agent) {
      took_steps = true;
      continue;
    }
    if (covered[other] >= events_[i].index) continue;
    const Operation& before = world.operation_of(i);
    if (!dependent_agents(world, other, before, agent, operation)) continue;
    const Node& node = stack_[events_[i].node];
    if (blocks && may_enable(before.kind)) {
      // What it may have waited for orders the two, and hides no earlier race.
      if (!took_steps && (node.enabled & bit(agent)) == 0) continue;
    } else {
      join(covered, events_[i].clock);
    }
    // A flush that the agent's own fence waited for is no race.
    if (!dependent(before, operation)) continue;
    add_backtrack(world, i, agent, operation);
  }
}

void DporSearch::add_backtrack(const World& world, unsigned step, unsigned agent,
                               const Operation& operation) {
  Node& node = stack_[events_[step].node];
  const unsigned owner = world.agent_of(step);
  // The initials of what came after `step` without depending on it, followed by `agent`'s operation: each of
  // them could have come first.
  AgentSet initials = 0, seen = 0;
  std::vector<unsigned> kept;
  const auto after_kept = [&](const Clock& clock) {
    return std::any_of(kept.begin(), kept.end(),
                       [&](unsigned k) { return clock[world.agent_of(k)] >= events_[k].index; });
  };
  for (unsigned i = step + 1; i < events_.size(); ++i) {
    const unsigned other = world.agent_of(i);
    if (events_[i].clock[owner] >= events_[step].index) continue;
    const bool first = (seen & bit(other)) == 0;
    seen |= bit(other);
    if (first && !after_kept(events_[i].clock)) initials |= bit(other);
    kept.push_back(i);
  }
  if ((seen & bit(agent)) == 0) {
    const bool late =
        after_kept(clock_[agent]) || std::any_of(kept.begin(), kept.end(), [&](unsigned k) {
          return dependent_agents(world, world.agent_of(k), world.operation_of(k), agent, operation);
        });
    if (!late) initials |= bit(agent);
  }
  if ((node.back & initials) != 0) return;
  const AgentSet candidates = initials & node.enabled;
  if (candidates == 0)
    node.back |= node.enabled;
  else
    node.back |= (candidates & bit(agent)) != 0 ? bit(agent) : bit(lowest(candidates));
}

void DporSearch::end(World& world) {
  switch (world.outcome()) {
    case Outcome::deadlock:
    case Outcome::livelock:
    case Outcome::redundant:
    case Outcome::ok:
    case Outcome::pruned:
      // What blocked actors would have done next races, too; otherwise AB-BA would be missed.
      for (unsigned actor = 0; actor < world.actor_count(); ++actor)
        if (!world.has_ended(actor)) find_races(world, actor, world.pending(actor));
      break;
    default:
      break;
  }
}

bool DporSearch::next(World& world) {
  if (world.agents_grew() || (world.saw_try_lock() && !world.unlocks_are_steps())) {
    world.set_unlock_steps(world.saw_try_lock());
    stack_.clear();
    cursor_ = 0;
    return true;
  }
  while (!stack_.empty()) {
    Node& node = stack_.back();
    if (node.alternatives > 0) {
      if (++node.chosen < node.alternatives) break;
    } else {
      node.done |= bit(node.chosen);
      if (const AgentSet todo = node.back & ~node.done & ~node.sleep; todo != 0) {
        node.chosen = static_cast<std::uint16_t>(lowest(todo));
        break;
      }
    }
    stack_.pop_back();
  }
  cursor_ = 0;
  return !stack_.empty();
}

}  // namespace kvtool::explore

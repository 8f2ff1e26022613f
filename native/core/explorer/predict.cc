#include "core/explorer/predict.h"

#include <algorithm>
#include <set>

namespace kvtool::explore {

namespace {

bool takes_lock(Kind kind) {
  return kind == Kind::lock || kind == Kind::lock_shared || kind == Kind::try_lock;
}

// Waits that somebody else's step completes.
bool awaits_completion(Kind kind) {
  return kind == Kind::await || kind == Kind::condvar_wake || kind == Kind::acquire;
}

}  // namespace

void Observer::begin(World& world) {
  for (auto& held : held_) held.clear();
  for (auto& wanted : wanted_) wanted.clear();
  for (auto& clock : clock_) clock = {};
  for (unsigned i = 0; i < kMaxActors; ++i) clock_[i][i] = 1;
  inner_.begin(world);
}

void Observer::add(OrderEdge edge) {
  const bool known = std::any_of(edges_.begin(), edges_.end(), [&](const OrderEdge& other) {
    return other.agent == edge.agent && other.held == edge.held && other.want == edge.want &&
           other.owes == edge.owes && other.gates == edge.gates;
  });
  if (!known) edges_.push_back(std::move(edge));
}

void Observer::want(unsigned agent, ObjectId object) {
  for (const ObjectId held : held_[agent]) {
    if (held == object) continue;
    OrderEdge edge;
    edge.agent = static_cast<AgentId>(agent);
    edge.held = held;
    edge.want = object;
    for (const ObjectId gate : held_[agent])
      if (gate != held) edge.gates.push_back(gate);
    std::sort(edge.gates.begin(), edge.gates.end());
    edge.before = wanted_[agent];
    edge.started = clock_[agent];
    add(std::move(edge));
  }
  auto& wanted = wanted_[agent];
  if (std::find(wanted.begin(), wanted.end(), object) == wanted.end()) wanted.push_back(object);
}

void Observer::complete(unsigned agent, ObjectId object) {
  for (const ObjectId want : wanted_[agent]) {
    if (want == object) continue;
    OrderEdge edge;
    edge.agent = static_cast<AgentId>(agent);
    edge.held = object;
    edge.want = want;
    edge.owes = true;
    edge.started = clock_[agent];
    add(std::move(edge));
  }
}

void Observer::taken(World& world, unsigned agent) {
  inner_.taken(world, agent);
  if (!world.is_actor(agent)) return;
  const Operation& operation = world.pending(agent);
  if (takes_lock(operation.kind)) {
    want(agent, operation.object);
    if (operation.kind != Kind::try_lock || world.holder_of(operation.object) < 0)
      held_[agent].push_back(operation.object);
  } else if (awaits_completion(operation.kind)) {
    want(agent, operation.object);
  } else if (operation.kind == Kind::join) {
    for (unsigned other = 0; other < world.actor_count(); ++other)
      if (world.has_ended(other)) clock_[agent].join(clock_[other]);
  } else if (operation.kind == Kind::rest) {
    wanted_[agent].clear();
  } else if (operation.kind == Kind::condvar_notify || operation.kind == Kind::release) {
    complete(agent, operation.object);
  }
}

void Observer::completed(World& world, ObjectId object) {
  inner_.completed(world, object);
  complete(world.running(), object);
}

void Observer::unlocked(World& world, ObjectId object, bool shared) {
  inner_.unlocked(world, object, shared);
  std::erase(held_[world.running()], object);
}

void Observer::started(World& world, unsigned by, unsigned actor) {
  inner_.started(world, by, actor);
  clock_[actor].join(clock_[by]);
  ++clock_[by][by];
}

void Observer::end(World& world) {
  // What somebody waits for at the end is wanted, too.
  for (unsigned actor = 0; actor < world.actor_count(); ++actor)
    if (const Operation& operation = world.pending(actor);
        !world.has_ended(actor) && (takes_lock(operation.kind) || awaits_completion(operation.kind)))
      want(actor, operation.object);
  inner_.end(world);
}

namespace {

std::string describe(const World& world, const std::vector<OrderEdge>& edges) {
  std::string text;
  for (const OrderEdge& edge : edges) {
    if (!text.empty()) text += "; ";
    text += world.agent_name(edge.agent) + (edge.owes ? " must complete " : " holds ") +
            world.object_name(edge.held) + ", wants " + world.object_name(edge.want);
  }
  return text;
}

std::string obstacle_of(const World& world, const std::vector<OrderEdge>& edges) {
  std::vector<ObjectId> common = edges.front().gates;
  for (const OrderEdge& edge : edges)
    std::erase_if(common, [&](ObjectId gate) {
      return edge.owes || std::find(edge.gates.begin(), edge.gates.end(), gate) == edge.gates.end();
    });
  if (!common.empty()) return "every participant holds " + world.object_name(common.front()) + " meanwhile";
  for (const OrderEdge& first : edges)
    for (const OrderEdge& second : edges)
      if (first.agent != second.agent && first.started[first.agent] <= second.started[first.agent])
        return world.agent_name(first.agent) + " has ended, or started " + world.agent_name(second.agent) +
               " afterwards";
  return {};
}

// Who completes something first has to have it to do, for which others must run freely. Of two who hold locks
// the one goes first that on its way needs what the other will hold.
std::vector<std::size_t> order_of(const std::vector<OrderEdge>& edges) {
  std::vector<std::size_t> order, left;
  for (std::size_t i = 0; i < edges.size(); ++i) (edges[i].owes ? order : left).push_back(i);
  const auto must_wait = [&](std::size_t i) {
    return std::any_of(left.begin(), left.end(), [&](std::size_t other) {
      const auto& before = edges[other].before;
      return other != i && std::find(before.begin(), before.end(), edges[i].held) != before.end();
    });
  };
  while (!left.empty()) {
    auto next = std::find_if(left.begin(), left.end(), [&](std::size_t i) { return !must_wait(i); });
    if (next == left.end()) next = left.begin();
    order.push_back(*next);
    left.erase(next);
  }
  return order;
}

}  // namespace

std::vector<PredictedCycle> Observer::cycles(const World& world, std::size_t limit) const {
  constexpr std::size_t kLongest = 6;
  constexpr std::size_t kMostSteps = 200'000;
  std::vector<PredictedCycle> found;
  std::vector<const OrderEdge*> path;
  std::size_t steps = 0;
  std::set<std::vector<std::uint32_t>> known;
  const auto close = [&] {
    // One rotation of each: that which begins with the smallest object.
    for (const OrderEdge* edge : path)
      if (edge->held < path.front()->held) return;
    std::vector<std::uint32_t> key;
    key.reserve(path.size());
    for (const OrderEdge* edge : path)
      key.push_back(std::uint32_t{edge->agent} << 24U | std::uint32_t{edge->held} << 12U | edge->want);
    if (!known.insert(key).second) return;
    PredictedCycle cycle;
    cycle.edges.reserve(path.size());
    for (const OrderEdge* edge : path) cycle.edges.push_back(*edge);
    cycle.text = describe(world, cycle.edges);
    cycle.obstacle = obstacle_of(world, cycle.edges);
    cycle.order = order_of(cycle.edges);
    found.push_back(std::move(cycle));
  };
  const auto extend = [&](const auto& self, AgentSet used) -> void {
    if (++steps > kMostSteps || found.size() >= limit) return;
    const OrderEdge& last = *path.back();
    if (path.size() > 1 && last.want == path.front()->held) {
      close();
      return;
    }
    if (path.size() >= kLongest) return;
    for (const OrderEdge& edge : edges_) {
      if (edge.held != last.want || (used & bit(edge.agent)) != 0) continue;
      const bool again = std::any_of(path.begin(), path.end(),
                                     [&](const OrderEdge* other) { return other->held == edge.held; });
      if (again) continue;
      path.push_back(&edge);
      self(self, used | bit(edge.agent));
      path.pop_back();
    }
  };
  for (const OrderEdge& edge : edges_) {
    path.assign(1, &edge);
    extend(extend, bit(edge.agent));
  }
  // Those that nothing speaks against first, and of those the short ones.
  std::stable_sort(found.begin(), found.end(), [](const PredictedCycle& a, const PredictedCycle& b) {
    if (a.obstacle.empty() != b.obstacle.empty()) return a.obstacle.empty();
    return a.edges.size() < b.edges.size();
  });
  return found;
}

bool Steer::in_position(const World& world, unsigned agent) const {
  if (!world.is_actor(agent) || world.has_ended(agent)) return false;
  const Operation& operation = world.pending(agent);
  return std::any_of(cycle_->edges.begin(), cycle_->edges.end(), [&](const OrderEdge& edge) {
    return edge.agent == agent && operation.object == edge.want &&
           (edge.owes || world.owns(agent, edge.held));
  });
}

int Steer::pick(World& world) {
  const AgentSet enabled = world.enabled();
  const auto& edges = cycle_->edges;
  for (std::size_t i = 0; i < edges.size(); ++i) {
    const unsigned agent = edges[turn_ == 0 ? cycle_->order[i] : (i + turn_) % edges.size()].agent;
    if (in_position(world, agent)) continue;
    if ((enabled & bit(agent)) != 0) return static_cast<int>(agent);
    break;  // it needs somebody else first
  }
  AgentSet others = enabled;
  for (AgentSet rest = enabled; rest != 0; rest &= rest - 1)
    if (in_position(world, lowest(rest))) others &= ~bit(lowest(rest));
  if (turn_ == 0) {
    AgentSet outside = others;
    for (const OrderEdge& edge : edges) outside &= ~bit(edge.agent);
    if (outside != 0) others = outside;
  }
  return static_cast<int>(any_of(others != 0 ? others : enabled));
}

}  // namespace kvtool::explore

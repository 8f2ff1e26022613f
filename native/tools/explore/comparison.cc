#include "tools/explore/comparison.h"

#include <array>
#include <string>
#include <vector>

#include "tools/explore/trace.h"

namespace kvtool::explore {
namespace {

struct Taken {
  unsigned agent;
  Kind kind;
  std::string object;
  bool operator==(const Taken&) const = default;
};

Taken announced(const World& world, unsigned agent, const Operation& operation) {
  return {agent, operation.kind,
          operation.object < world.object_count() ? world.object_name(operation.object) : ""};
}

std::string say(const Taken& step) {
  return std::string(to_string(step.kind)) + (step.object.empty() ? "" : " " + step.object);
}

// Lets the agents go on in the order in which they did elsewhere.
class Follow final : public Strategy {
 public:
  Follow(const std::vector<Taken>& steps, const std::vector<std::uint8_t>& choices)
      : steps_(steps), choices_(choices) {}

  int pick(World& world) override {
    const AgentSet enabled = world.enabled();
    const unsigned step = world.step();
    int picked = -1;
    if (refusal_.is_null() && step < steps_.size()) {
      const Taken& wanted = steps_[step];
      if ((enabled & bit(wanted.agent)) != 0) {
        const Taken now = announced(world, wanted.agent, world.pending(wanted.agent));
        if (difference_.is_null() && !(now == wanted))
          difference_ = {{"step", step + 1},
                         {"agent", world.agent_name(wanted.agent)},
                         {"there", say(wanted)},
                         {"here", say(now)}};
        picked = static_cast<int>(wanted.agent);
      } else {
        refuse(world, step, wanted);
      }
    }
    if (picked < 0)
      picked = static_cast<int>(last_ < kMaxAgents && (enabled & bit(last_)) != 0 ? last_ : lowest(enabled));
    last_ = static_cast<unsigned>(picked);
    if (last_ < kMaxActors) ++taken_[last_];
    return picked;
  }
  unsigned choose(World&, unsigned alternatives) override {
    const unsigned chosen = chosen_ < choices_.size() ? choices_[chosen_++] : 0;
    return chosen < alternatives ? chosen : 0;
  }
  // It came to its end, or stopped for good, before all those steps.
  void end(World& world) override {
    if (refusal_.is_null() && world.steps() < steps_.size())
      refuse(world, world.steps(), steps_[world.steps()]);
  }

  const Json& difference() const { return difference_; }
  const Json& refusal() const { return refusal_; }
  const void* refused_at() const { return refused_at_; }

 private:
  void refuse(const World& world, unsigned step, const Taken& wanted) {
    refusal_ = {{"step", step + 1}, {"agent", world.agent_name(wanted.agent)}, {"there", say(wanted)}};
    const bool known = wanted.agent >= kMaxActors || wanted.agent < world.actor_count();
    if (!known || (wanted.agent < kMaxActors && world.has_ended(wanted.agent))) {
      refusal_["why"] = wanted.agent < kMaxActors && known ? "has ended" : "does not exist";
      return;
    }
    if (wanted.agent >= kMaxActors) {
      refusal_["why"] = "has nothing to do";
      return;
    }
    const Operation& operation = world.pending(wanted.agent);
    refusal_["why"] = "waits";
    refusal_["waitsFor"] = operation.kind == Kind::join
                               ? "thread:" + world.agent_name(world.join_target(wanted.agent))
                           : operation.object < world.object_count() ? resource_name(world, operation.object)
                                                                     : std::string(to_string(operation.kind));
    Json holders = Json::array();
    if (operation.object < world.object_count())
      for (unsigned actor = 0; actor < world.actor_count(); ++actor)
        if (world.owns(actor, operation.object)) holders.push_back(world.agent_name(actor));
    refusal_["heldBy"] = std::move(holders);
    refused_at_ = world.location_of(wanted.agent, taken_[wanted.agent]);
  }

  const std::vector<Taken>& steps_;
  const std::vector<std::uint8_t>& choices_;
  std::array<unsigned, kMaxActors> taken_{};
  unsigned last_ = kMaxAgents;
  std::size_t chosen_ = 0;
  const void* refused_at_ = nullptr;
  Json difference_, refusal_;
};

}  // namespace

Json compare(Program& failing, const Schedule& schedule, Program& fixed, MemoryModel model,
             const Limits& limits, SourcePlaces& places) {
  std::vector<Taken> steps;
  {
    World world(model, limits);
    replay(failing, schedule, world);
    for (unsigned i = 0; i < world.steps(); ++i)
      steps.push_back(announced(world, world.agent_of(i), world.operation_of(i)));
  }
  World world(model, limits);
  world.set_traced(true);
  world.set_agent_keys(schedule.agents);
  world.set_unlock_steps(schedule.unlock_steps);
  Follow follow(steps, schedule.choices);
  world.run(fixed, follow);
  Json result{{"outcome", to_string(world.outcome())}, {"message", world.message()}};
  if (!follow.difference().is_null()) result["difference"] = follow.difference();
  if (!follow.refusal().is_null()) {
    result["refusal"] = follow.refusal();
    // Only now: a strategy runs on the stacks of fibers, which are too small for reading debug information.
    const Place& place = places.of(follow.refused_at());
    if (!place.file.empty()) result["refusal"]["place"] = {{"file", place.file}, {"line", place.line}};
  }
  return result;
}

}  // namespace kvtool::explore

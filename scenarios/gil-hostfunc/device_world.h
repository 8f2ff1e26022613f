// SimWorld: the actors on simulated devices, made from the harness configuration. Shared by the C ABI and the
// addon.
#pragma once

#include <memory>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "core/device/sim/sim_device.h"
#include "core/runtime/real_runtime.h"
#include "gil-hostfunc/actors.h"

namespace kvtool::gil_hostfunc {

namespace detail {

template <class Choice>
Choice choose(const nlohmann::json& parameters, const char* name,
              std::initializer_list<std::pair<const char*, Choice>> choices) {
  const std::string found = parameters.at(name).get<std::string>();
  for (const auto& [text, choice] : choices)
    if (found == text) return choice;
  throw std::runtime_error(std::string("parameter ") + name + " has the unknown value " + found);
}

}  // namespace detail

// Reads the configuration that the supervisor passes in KVTOOL_HARNESS. Throws std::exception when something
// is missing or has the wrong type: the supervisor has validated it, so that is a bug.
inline Parameters parse_parameters(const std::string& config_json, std::string runtime_lock) {
  const nlohmann::json config = nlohmann::json::parse(config_json);
  const nlohmann::json& given = config.at("parameters");
  const std::string variant = config.at("variant").get<std::string>();
  Parameters parameters;
  parameters.workers = given.at("workers").get<std::uint32_t>();
  parameters.contexts = given.at("contexts").get<std::uint32_t>();
  parameters.blocking_call = detail::choose<BlockingCall>(given, "blocking-call",
                                                          {{"first-load", BlockingCall::first_load},
                                                           {"free", BlockingCall::free},
                                                           {"full-queue", BlockingCall::full_queue},
                                                           {"sync", BlockingCall::synchronize}});
  // `auto` picks a call that needs a lock which the blocking call holds; docs/driver-model.md says which
  // does.
  const EntrantCall met = parameters.blocking_call == BlockingCall::full_queue ? EntrantCall::event_create
                                                                               : EntrantCall::event_record;
  parameters.entrant_call = detail::choose<EntrantCall>(given, "entrant-call",
                                                        {{"auto", met},
                                                         {"event-record", EntrantCall::event_record},
                                                         {"event-create", EntrantCall::event_create},
                                                         {"set-device", EntrantCall::set_device}});
  parameters.driver_model = given.at("driver-model").get<std::string>();
  parameters.live_events = given.at("live-events").get<std::uint32_t>();
  parameters.needs_entrant = variant != "launch-under-gil" && variant != "destructor-syncs";
  parameters.steer = given.at("steer").get<std::string>() == "on";
  parameters.kernel_limit = std::chrono::microseconds(given.at("kernel-us").get<std::int64_t>());
  parameters.seed = config.at("seed").get<std::uint64_t>();
  parameters.runtime_lock = std::move(runtime_lock);
  return parameters;
}

class SimWorld {
 public:
  SimWorld(const Parameters& parameters, Flight& flight) {
    for (std::uint32_t context = 0; context < parameters.contexts; ++context) {
      SimOptions options;
      const auto model = find_driver_model(parameters.driver_model);
      if (!model) throw std::runtime_error("unknown driver model " + parameters.driver_model);
      options.model = *model;
      options.flight = &flight;
      // The first context keeps the plain names, so that a run with one context reads like one with several.
      if (context > 0) options.context = context;
      options.on_wait = [](std::string_view, std::string_view) { World<RealRuntime>::on_driver_wait(); };
      devices_.push_back(std::make_unique<SimDevice>(std::move(options)));
    }
    std::vector<Device*> contexts;
    for (const auto& device : devices_) contexts.push_back(device.get());
    actors_ = std::make_unique<World<RealRuntime>>(parameters, flight, std::move(contexts));
  }

  World<RealRuntime>& actors() { return *actors_; }

 private:
  // Destroyed after the actors, which use them.
  std::vector<std::unique_ptr<SimDevice>> devices_;
  std::unique_ptr<World<RealRuntime>> actors_;
};

}  // namespace kvtool::gil_hostfunc

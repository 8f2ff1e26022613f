// DeviceWorld: the actors on simulated devices or on the GPU, made from the harness configuration. Shared by
// the C ABI and the addon.
#pragma once

#include <chrono>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/device/cuda/gpu_device.h"
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
  parameters.device = config.value("device", "sim");
  parameters.driver_model = given.at("driver-model").get<std::string>();
  parameters.live_events = given.at("live-events").get<std::uint32_t>();
  parameters.stream_waits_for_client = given.at("foreign-event").get<std::string>() == "stream";
  parameters.client_dies = given.at("client-dies").get<std::string>() == "before-record";
  const bool keeps = variant == "callable-lifetime" && given.at("binding").get<std::string>() == "keeps";
  parameters.needs_entrant = variant != "launch-under-gil" && variant != "destructor-syncs" &&
                             variant != "unmap-waits-forever" && !keeps;
  parameters.stamps = config.value("path", "") == "gpu-stamp";
  parameters.steer = given.at("steer").get<std::string>() == "on";
  parameters.kernel_limit = std::chrono::microseconds(given.at("kernel-us").get<std::int64_t>());
  parameters.seed = config.at("seed").get<std::uint64_t>();
  parameters.runtime_lock = std::move(runtime_lock);
  return parameters;
}

// A real driver does not say when a caller begins to wait. So the holder counts as waiting when its driver
// call has not returned for a while: a call that does not wait returns much sooner, and one that does lasts
// until the window has opened.
class HolderWatch {
 public:
  explicit HolderWatch(Window<RealRuntime>& window)
      : window_(window), thread_("kv-holder-watch", [&window] { window.watch_holder(kWaits); }) {}
  HolderWatch(const HolderWatch&) = delete;
  HolderWatch& operator=(const HolderWatch&) = delete;
  ~HolderWatch() { window_.close(); }

 private:
  static constexpr std::chrono::milliseconds kWaits{5};

  Window<RealRuntime>& window_;
  RealThread thread_;  // joined after the destructor has ended its wait
};

class DeviceWorld {
 public:
  // Throws DeviceUnavailable when there is no such device.
  DeviceWorld(const Parameters& parameters, Flight& flight) {
    for (std::uint32_t context = 0; context < parameters.contexts; ++context) {
      // The first context keeps the plain names, so that a run with one context reads like one with several.
      const std::optional<unsigned> number = context == 0 ? std::nullopt : std::optional<unsigned>(context);
      devices_.push_back(parameters.device == "cuda" ? make_cuda(flight, number)
                                                     : make_sim(parameters.driver_model, flight, number));
    }
    std::vector<Device*> contexts;
    for (const auto& device : devices_) contexts.push_back(device.get());
    actors_ = std::make_unique<World<RealRuntime>>(parameters, flight, std::move(contexts));
    if (parameters.device == "cuda") watch_ = std::make_unique<HolderWatch>(actors_->window());
  }

  World<RealRuntime>& actors() { return *actors_; }
  // The one that launcher and entrant use.
  Device& device() { return *devices_.front(); }

 private:
  static std::unique_ptr<Device> make_sim(const std::string& name, Flight& flight,
                                          std::optional<unsigned> number) {
    SimOptions options;
    const auto model = find_driver_model(name);
    if (!model) throw std::runtime_error("unknown driver model " + name);
    options.model = *model;
    options.flight = &flight;
    options.context = number;
    options.on_wait = [](std::string_view, std::string_view) { World<RealRuntime>::on_driver_wait(); };
    return std::make_unique<SimDevice>(std::move(options));
  }

  static std::unique_ptr<Device> make_cuda(Flight& flight, std::optional<unsigned> number) {
    GpuOptions options;
    options.flight = &flight;
    options.context = number;
    options.own_context = number.has_value();  // the first is the one that CuPy and PyTorch use
    return std::make_unique<CudaDevice>(std::move(options));
  }

  // Destroyed after the actors, which use them.
  std::vector<std::unique_ptr<Device>> devices_;
  std::unique_ptr<World<RealRuntime>> actors_;
  std::unique_ptr<HolderWatch> watch_;
};

}  // namespace kvtool::gil_hostfunc

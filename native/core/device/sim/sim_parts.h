// SimDevice::Parts: what a SimDevice is made of. Only the sim_device*.cc files include it.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "core/device/handle_table.h"
#include "core/device/sim/driver_call.h"
#include "core/device/sim/driver_locks.h"
#include "core/device/sim/engine.h"
#include "core/device/sim/memory.h"
#include "core/device/sim/names.h"
#include "core/device/sim/sim_device.h"

namespace kvtool {

struct SimDevice::Parts {
  struct Module {
    // Set under C and W held exclusively. Read before any lock is taken, hence atomic; acquire and release,
    // because who sees it skips the load that came before it.
    std::atomic<bool> loaded{false};
  };

  explicit Parts(SimOptions given)
      : options(std::move(given)),
        names(options.context),
        description("sim " + options.model.name),
        memory(options.device_memory),
        engine({options.model.host_functions, options.queue_capacity, options.flight}, names,
               options.on_wait) {}

  // Submits work that takes a queue entry: waits for room as the model's rule for `when_full` says, if there
  // is none.
  Status submit_bounded(Call call, Call when_full, sim::Stream& stream, sim::Work work);
  // Submits other work under the locks that are already held.
  Status submit(sim::Stream& stream, sim::Work work);
  // Whether this call of launch_host_function is to fail.
  Status next_injected_failure();

  const SimOptions options;
  const sim::Names names;
  const std::string description;
  sim::Memory memory;  // before the engine, whose pool frees come back to it
  sim::DriverLocks locks;
  sim::Engine engine;
  const sim::Driver driver{options.model, names, options.on_contended, locks, engine};

  // After the engine: the streams in here must go before what they run on.
  HandleTable<StreamId, sim::Stream> streams;
  HandleTable<EventId, sim::Event> events;
  HandleTable<ModuleId, Module> modules;
  ModuleId loaded_module{};

  std::mutex failures_lock;  // guards the two below
  LaunchFailures failures;
  std::uint64_t launches_since_injection = 0;
};

}  // namespace kvtool

// Names: the resources of one simulated device, as lock lines and hooks spell them.
#pragma once

#include <optional>
#include <string>

#include "core/device/device.h"

namespace kvtool::sim {

struct Names {
  // With a context number every name ends in "@number", so that the resources of two devices in one process
  // stay apart in a wait-for graph.
  explicit Names(std::optional<unsigned> context = std::nullopt);

  std::string stream(StreamId id) const;
  std::string event(EventId id) const;

  std::string suffix;          // "" or "@2"
  std::string runtime_lock;    // "driver-lock:R": one per process, so never numbered
  std::string context_lock;    // "driver-lock:C"
  std::string launch_lock;     // "driver-lock:W"
  std::string idle;            // "device:idle": held by whatever keeps the device from being idle
  std::string host_functions;  // "device:host-functions": the executor, held while it runs a function
  std::string executor_line;   // "host-function executor": the name of its lock line
};

// Names the calling thread, cut to the 15 bytes that Linux keeps.
void name_this_thread(std::string name);

}  // namespace kvtool::sim

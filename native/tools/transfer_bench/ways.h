// Ways: how a device can carry out a transfer, under one name each.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "core/device/device.h"
#include "core/transfer/plan.h"

namespace kvtool::bench {

struct Way {
  std::string name;
  std::function<bool(const transfer::Plan&)> can_run;
  std::function<Status(StreamId, const transfer::Plan&)> launch;
};

// The simulated device has one, the reference; a GPU has its kernels. Throws when these cannot be loaded.
std::vector<Way> ways_of(Device& device);

}  // namespace kvtool::bench

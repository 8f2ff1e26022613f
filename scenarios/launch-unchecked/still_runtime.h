// StillRuntime: the model in which no time passes. Nothing in the recorder's scenarios depends on a stamp,
// but states that differ in one would be explored apart.
#pragma once

#include <cstdint>

#include "core/runtime/model_runtime.h"

namespace kvtool::recorder_family {

struct StillRuntime : ModelRuntime {
  struct clock {
    static std::uint64_t monotonic_ns() { return 1; }
    static std::uint64_t wall_ns() { return 1; }
  };
};

}  // namespace kvtool::recorder_family

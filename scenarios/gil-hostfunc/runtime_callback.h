// RuntimeCallback: how a native thread runs code of the language runtime.
#pragma once

#include <cstdint>

namespace kvtool::gil_hostfunc {

// Runs a callback in the language runtime: takes the runtime lock, runs the code registered for `id`, gives
// the lock back, returns when it is done. Called on the driver's host-function thread: this is the hazard
// under study. `stamp_ns` (CLOCK_MONOTONIC) is when the host function began, before it asked for the lock.
class RuntimeCallback {
 public:
  RuntimeCallback() = default;
  RuntimeCallback(const RuntimeCallback&) = delete;
  RuntimeCallback& operator=(const RuntimeCallback&) = delete;
  virtual ~RuntimeCallback() = default;
  virtual void run(std::uint64_t id, std::uint64_t stamp_ns) = 0;
};

}  // namespace kvtool::gil_hostfunc

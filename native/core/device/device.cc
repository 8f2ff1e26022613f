#include "core/device/device.h"

#include "core/transfer/reference.h"

namespace kvtool {

std::string_view to_string(Status status) {
  switch (status) {
    case Status::ok:
      return "ok";
    case Status::invalid_value:
      return "invalid value";
    case Status::out_of_memory:
      return "out of memory";
    case Status::invalid_handle:
      return "invalid handle";
    case Status::not_ready:
      return "not ready";
    case Status::launch_failure:
      return "launch failure";
    case Status::not_supported:
      return "not supported";
    case Status::unknown:
      return "unknown error";
  }
  return "unknown error";  // a number that the CUDA driver gave and this enum does not name
}

Status Device::launch_transfer(StreamId stream, const transfer::Plan& plan) {
  if (!transfer::has_grid(plan)) return Status::invalid_value;
  return launch_kernel(stream, loaded_module(), [plan] { transfer::run_on_host(plan); });
}

}  // namespace kvtool

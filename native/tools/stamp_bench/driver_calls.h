// The calls of the CUDA driver that only the bench makes: timing and graphs.
#pragma once

#include <string>

#include "core/device/cuda/driver_api.h"

namespace kvtool::stamp_bench {

using cuda::Handle;
using cuda::Result;

struct DriverCalls {
  Result (*elapsed)(float* ms, Handle begin, Handle end) = nullptr;
  Result (*begin_capture)(Handle stream, int mode) = nullptr;
  Result (*end_capture)(Handle stream, Handle* graph) = nullptr;
  Result (*instantiate)(Handle* executable, Handle graph, unsigned long long flags) = nullptr;
  Result (*launch_graph)(Handle executable, Handle stream) = nullptr;
  Result (*destroy_executable)(Handle executable) = nullptr;
  Result (*destroy_graph)(Handle graph) = nullptr;
};

// From the library that `file` names, which is open. Throws std::runtime_error for one that lacks a call.
DriverCalls find_calls(const std::string& file);

}  // namespace kvtool::stamp_bench

#pragma once

#include <string_view>

namespace kvtool::stamp_bench {

// The bench's own kernels (native/cuda/stamp_bench.cu); empty where kvtool was built without nvcc.
std::string_view bench_image();

}  // namespace kvtool::stamp_bench

#include "tools/stamp_bench/bench_image.h"

#ifdef KVTOOL_FATBIN_DIR

#include "core/device/cuda/embed.h"

KVTOOL_EMBED(stamp_bench)

namespace kvtool::stamp_bench {
std::string_view bench_image() {
  return {kvtool_stamp_bench_begin,
          static_cast<std::size_t>(kvtool_stamp_bench_end - kvtool_stamp_bench_begin)};
}
}  // namespace kvtool::stamp_bench

#else

namespace kvtool::stamp_bench {
std::string_view bench_image() { return {}; }
}  // namespace kvtool::stamp_bench

#endif

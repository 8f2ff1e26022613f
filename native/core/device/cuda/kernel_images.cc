#include "core/device/cuda/kernel_images.h"

#include <cstddef>

#ifdef KVTOOL_FATBIN_DIR

#include "core/device/cuda/embed.h"

KVTOOL_EMBED(hold)
KVTOOL_EMBED(cold)
KVTOOL_EMBED(cold_plain)
KVTOOL_EMBED(transfer)

namespace kvtool::cuda {
namespace {

std::string_view between(const char* begin, const char* end) {
  return {begin, static_cast<std::size_t>(end - begin)};
}

}  // namespace

KernelImages embedded_images() {
  return {.hold = between(kvtool_hold_begin, kvtool_hold_end),
          .cold = between(kvtool_cold_begin, kvtool_cold_end),
          .cold_plain = between(kvtool_cold_plain_begin, kvtool_cold_plain_end),
          .transfer = between(kvtool_transfer_begin, kvtool_transfer_end)};
}

}  // namespace kvtool::cuda

#else

namespace kvtool::cuda {

KernelImages embedded_images() { return {}; }

}  // namespace kvtool::cuda

#endif

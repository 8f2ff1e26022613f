// index-overflow (E8): offsets of 32 bits in a cache of more than 2^31 units. Only the arithmetic: no memory
// is touched, as it would need 16 GiB of one layer.
#include "core/transfer/shape.h"
#include "kv-transfer/cells.h"

namespace kvtool::cells {
namespace {

using namespace transfer;

constexpr std::int64_t kUnitBytes = 8, kBlock = 16, kHeads = 8, kHeadSize = 128;
constexpr std::int64_t kRowUnits = kHeads * kHeadSize * 2 / kUnitBytes;
constexpr const char* kInside = "E8: every offset lies inside of the cache";

// One layer of K and V whose last unit of V has the number 2^31 - 1 + `more` blocks.
Shape cache_at_boundary(std::int64_t more) {
  constexpr std::int64_t kUnits = std::int64_t{1} << 31;
  return {Format::nl_x_two_nb_bs_nh_hs,
          Dtype::bf16,
          1,
          kUnits / 2 / kRowUnits / kBlock + more,
          kBlock,
          kHeads,
          kHeadSize};
}

// The offset of a row as the field's kernels count it, in units, by int.
std::int64_t narrow_offset(const Shape& shape, std::int64_t kv, std::int64_t slot) {
  const auto row = static_cast<std::uint32_t>(kv * shape.slots() + slot);
  // Unsigned arithmetic wraps as the GPU's int does.
  return static_cast<std::int32_t>(row * static_cast<std::uint32_t>(kRowUnits));
}

Finding count(std::int64_t more, bool wide) {
  const Shape shape = cache_at_boundary(more);
  const PageStrides at = page_strides(shape);
  const std::int64_t units = shape.pointer_bytes() / kUnitBytes;
  Finding finding{.facts = {{"units of the cache", units}}};
  // Around the boundary, and the ends of K and V.
  for (const std::int64_t kv : {0, 1})
    for (const std::int64_t slot : {std::int64_t{0}, shape.slots() - 2 * kBlock, shape.slots() - 1}) {
      const std::int64_t offset = wide ? page_offset(at, static_cast<std::uint32_t>(kv), 0, slot) / kUnitBytes
                                       : narrow_offset(shape, kv, slot);
      const std::int64_t exact = (kv * shape.slots() + slot) * kRowUnits;
      if (offset != exact && finding.message.empty()) {
        finding.outcome = Outcome::violation;
        finding.message = std::string(kInside) + ": slot " + std::to_string(slot) +
                          (kv == 0 ? " of K" : " of V") + " is at unit " + std::to_string(exact) +
                          ", computed " + std::to_string(offset);
      }
    }
  return finding;
}

const Registration registration({
    .id = "index-overflow",
    .family = "E8",
    .title = "offsets of 32 bits in a cache of 2^31 units",
    .source = "https://github.com/LMCache/LMCache/pull/2671",
    .variants = {{.name = "buggy",
                  .what = "a block above 2^31 units: rows of V lie before the cache",
                  .expect = Outcome::violation,
                  .begins = "E8: every offset lies inside of the cache: slot",
                  .run = [](Device&) { return count(1, false); }},
                 {.name = "just-below",
                  .what = "the same arithmetic in a cache of 2^31 units: how a test hides it",
                  .run = [](Device&) { return count(0, false); }},
                 {.name = "fixed", .what = "64 bits", .run = [](Device&) { return count(1, true); }}},
});

}  // namespace
}  // namespace kvtool::cells

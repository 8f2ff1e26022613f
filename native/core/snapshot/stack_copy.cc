#include "core/snapshot/stack_copy.h"

#include <algorithm>
#include <span>

namespace kvtool::snapshot {
namespace {

// How much to try when the mapping is not known: a stack that was made, or that grew, after the maps were
// read.
constexpr std::size_t kBlindBytes = 64 * 1024;

}  // namespace

void StackCopy::prepare(std::size_t limit) {
  if (bytes_.size() < limit) bytes_.resize(limit);
}

bool StackCopy::copy(const Memory& memory, const AddressMap& map, std::uint64_t sp, std::size_t limit) {
  start_ = sp & ~std::uint64_t{7};
  const Mapping* mapping = map.find(start_);
  const std::uint64_t wanted = mapping == nullptr ? kBlindBytes : mapping->end - start_;
  cut_ = wanted > limit;
  const auto bytes = static_cast<std::size_t>(std::min<std::uint64_t>(wanted, limit));
  prepare(bytes);
  used_ = memory.read(start_, std::span(bytes_).first(bytes));
  return used_ > 0;
}

}  // namespace kvtool::snapshot

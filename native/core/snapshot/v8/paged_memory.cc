#include "core/snapshot/v8/paged_memory.h"

#include <algorithm>
#include <cstring>

namespace kvtool::snapshot::v8 {
namespace {

// Source texts are read once from end to end: no use in keeping them.
constexpr std::size_t kDirectBytes = 4 * PagedMemory::kPageBytes;
// User space of x86-64 and aarch64. Beyond it nothing is readable, and sums of addresses cannot overflow
// below.
constexpr std::uint64_t kAddressLimit = std::uint64_t{1} << 48;

}  // namespace

std::size_t PagedMemory::read(std::uint64_t address, std::span<std::byte> out) const {
  if (address >= kAddressLimit || out.size() > kAddressLimit) return 0;
  if (out.size() >= kDirectBytes) {
    const std::size_t pages = out.size() / kPageBytes;
    if (pages > page_limit_ - std::min(pages_read_, page_limit_)) return 0;
    pages_read_ += pages;
    return memory_.read(address, out);
  }
  std::size_t copied = 0;
  while (copied < out.size()) {
    const std::uint64_t at = address + copied;
    const std::uint64_t start = at & ~std::uint64_t{kPageBytes - 1};
    const Page* from = page(start);
    const std::size_t into = at - start;
    if (from == nullptr || into >= from->used) break;
    const std::size_t part = std::min(out.size() - copied, from->used - into);
    std::memcpy(out.data() + copied, from->bytes.data() + into, part);
    copied += part;
  }
  return copied;
}

const PagedMemory::Page* PagedMemory::page(std::uint64_t start) const {
  const auto known = pages_.find(start);
  if (known != pages_.end()) return known->second.get();
  if (pages_read_ >= page_limit_) return nullptr;
  ++pages_read_;
  auto fresh = std::make_unique_for_overwrite<Page>();
  fresh->used = memory_.read(start, fresh->bytes);
  if (fresh->used == 0) fresh.reset();
  return pages_.emplace(start, std::move(fresh)).first->second.get();
}

void PagedMemory::forget() {
  pages_.clear();
  pages_read_ = 0;
}

}  // namespace kvtool::snapshot::v8

#include "core/snapshot/python/paged_memory.h"

#include <algorithm>

namespace kvtool::snapshot::python {
namespace {

constexpr std::size_t kPageLimit = 4096;  // 16 MiB

}  // namespace

std::size_t PagedMemory::read(std::uint64_t address, std::span<std::byte> out) const {
  const std::uint64_t start = address / kPage * kPage;
  const std::size_t offset = address - start;
  // What crosses a page is rare: strings, mostly.
  if (out.size() > kPage - offset) return source_.read(address, out);
  const Page* bytes = page(start);
  if (bytes == nullptr) return source_.read(address, out);
  std::copy_n(bytes->begin() + static_cast<std::ptrdiff_t>(offset), out.size(), out.begin());
  return out.size();
}

const PagedMemory::Page* PagedMemory::page(std::uint64_t start) const {
  const auto known = pages_.find(start);
  if (known != pages_.end()) return &storage_[known->second];
  if (pages_.size() >= kPageLimit) pages_.clear();
  const std::size_t index = pages_.size();
  if (index == storage_.size()) storage_.emplace_back();
  if (source_.read(start, storage_[index]) != kPage) return nullptr;
  pages_.emplace(start, index);
  return &storage_[index];
}

std::set<std::uint64_t> PagedMemory::known() const {
  std::set<std::uint64_t> starts;
  for (const auto& [start, index] : pages_) starts.insert(start);
  return starts;
}

}  // namespace kvtool::snapshot::python

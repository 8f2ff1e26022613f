// PagedMemory: memory read page by page and remembered. CPython's objects are small and lie close together: a
// walk over the frames of 64 threads makes 10,000 readings, on some 500 pages.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <set>
#include <span>
#include <unordered_map>
#include <vector>

#include "core/snapshot/memory.h"

namespace kvtool::snapshot::python {

class PagedMemory final : public Memory {
 public:
  // REQUIRES: `source` outlives it.
  explicit PagedMemory(const Memory& source) : source_(source) {}
  std::size_t read(std::uint64_t address, std::span<std::byte> out) const override;

  // The next reading of a page is a new one. For whoever has to see whether something changed.
  void forget() { pages_.clear(); }
  // Addresses of the pages that were read since.
  std::set<std::uint64_t> known() const;

  static constexpr std::size_t kPage = 4096;

 private:
  using Page = std::array<std::byte, kPage>;

  const Page* page(std::uint64_t start) const;

  const Memory& source_;
  mutable std::unordered_map<std::uint64_t, std::size_t> pages_;  // index in storage_, by address
  mutable std::vector<Page> storage_;                             // kept by forget()
};

}  // namespace kvtool::snapshot::python

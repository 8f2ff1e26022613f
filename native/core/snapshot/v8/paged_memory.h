// PagedMemory: memory read in whole pages, each only once. One JavaScript frame takes some fifty pointers,
// most of them into the same few pages. It is also the brake: memory that leads in circles cannot make us
// read more than the limit.
//
// What it keeps is of one moment: forget() before the next thread is looked at.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <unordered_map>

#include "core/snapshot/memory.h"

namespace kvtool::snapshot::v8 {

class PagedMemory final : public Memory {
 public:
  static constexpr std::size_t kPageBytes = 4096;

  // `memory` must outlive this. Reads fail once `page_limit` pages were read.
  PagedMemory(const Memory& memory, std::size_t page_limit) : memory_(memory), page_limit_(page_limit) {}

  std::size_t read(std::uint64_t address, std::span<std::byte> out) const override;
  void forget();

 private:
  struct Page {
    std::size_t used = 0;
    std::array<std::byte, kPageBytes> bytes;
  };

  const Page* page(std::uint64_t start) const;

  const Memory& memory_;
  std::size_t page_limit_;
  mutable std::size_t pages_read_ = 0;
  mutable std::unordered_map<std::uint64_t, std::unique_ptr<Page>> pages_;  // null: not readable
};

}  // namespace kvtool::snapshot::v8

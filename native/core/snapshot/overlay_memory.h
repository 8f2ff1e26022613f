// OverlayMemory: the target's memory with parts of it as they were at an earlier moment. A thread that was
// stopped runs on while it is being described; what was copied during its stop is laid over what is there
// now.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>

#include "core/snapshot/memory.h"

namespace kvtool::snapshot {

class OverlayMemory final : public Memory {
 public:
  // `base` must outlive this.
  explicit OverlayMemory(const Memory& base) : base_(base) {}

  // From now on reads of that range give these bytes. They must stay in place until clear().
  void put(std::uint64_t start, std::span<const std::byte> bytes);
  void clear();

  std::size_t read(std::uint64_t address, std::span<std::byte> out) const override;

 private:
  using Pieces = std::map<std::uint64_t, std::span<const std::byte>>;
  // The first piece that may reach `address`.
  Pieces::const_iterator first_near(std::uint64_t address) const;

  const Memory& base_;
  Pieces pieces_;  // by where they start
  std::uint64_t longest_ = 0;
};

}  // namespace kvtool::snapshot

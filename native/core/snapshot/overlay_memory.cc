#include "core/snapshot/overlay_memory.h"

#include <algorithm>
#include <cstring>

namespace kvtool::snapshot {

void OverlayMemory::put(std::uint64_t start, std::span<const std::byte> bytes) {
  if (bytes.empty()) return;
  std::span<const std::byte>& piece = pieces_[start];
  if (piece.size() < bytes.size()) piece = bytes;
  longest_ = std::max<std::uint64_t>(longest_, bytes.size());
}

void OverlayMemory::clear() {
  pieces_.clear();
  longest_ = 0;
}

OverlayMemory::Pieces::const_iterator OverlayMemory::first_near(std::uint64_t address) const {
  return pieces_.lower_bound(address > longest_ ? address - longest_ : 0);
}

std::size_t OverlayMemory::read(std::uint64_t address, std::span<std::byte> out) const {
  if (pieces_.empty()) return base_.read(address, out);
  const std::uint64_t end = address + out.size();
  const auto first = first_near(address);
  for (auto piece = first; piece != pieces_.end() && piece->first <= address; ++piece) {
    const auto& [start, bytes] = *piece;
    if (address - start > bytes.size() || out.size() > bytes.size() - (address - start)) continue;
    std::memcpy(out.data(), bytes.data() + (address - start), out.size());
    return out.size();
  }
  const std::size_t got = base_.read(address, out);
  for (auto piece = first; piece != pieces_.end() && piece->first < end; ++piece) {
    const auto& [start, bytes] = *piece;
    const std::uint64_t from = std::max(address, start);
    const std::uint64_t to = std::min({address + got, start + bytes.size()});
    if (from < to) std::memcpy(out.data() + (from - address), bytes.data() + (from - start), to - from);
  }
  return got;
}

}  // namespace kvtool::snapshot

// ByteRange: bytes of memory, by address. The devices' addresses are one space with the host's, as in CUDA.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace kvtool::races {

struct ByteRange {
  std::uintptr_t begin = 0, end = 0;
  std::size_t bytes() const { return end - begin; }
  bool operator==(const ByteRange&) const = default;
};

inline ByteRange range_of(const void* memory, std::size_t bytes) {
  const auto begin = reinterpret_cast<std::uintptr_t>(memory);
  return {begin, begin + bytes};
}

// In order of address, neighbours and overlaps made one, empty ones left out.
inline std::vector<ByteRange> merged(std::vector<ByteRange> ranges) {
  std::erase_if(ranges, [](const ByteRange& range) { return range.begin >= range.end; });
  std::sort(ranges.begin(), ranges.end(),
            [](const ByteRange& a, const ByteRange& b) { return a.begin < b.begin; });
  std::vector<ByteRange> result;
  for (const ByteRange& range : ranges)
    if (!result.empty() && range.begin <= result.back().end)
      result.back().end = std::max(result.back().end, range.end);
    else
      result.push_back(range);
  return result;
}

}  // namespace kvtool::races

// How many tokens a retrieve writes that the engine's prefix cache holds already. The cache server works in
// chunks, the engine in blocks: the start of the retrieve is the engine's hit rounded down to a chunk.
#pragma once

#include <algorithm>

namespace kvtool::apc_overlap {

// All in tokens.
struct Retrieve {
  unsigned start = 0;    // where the transfer begins
  unsigned overlap = 0;  // how much of it the engine has, in blocks that other requests may share
};

// `hit`: tokens that the engine's prefix cache holds. REQUIRES: chunk > 0.
constexpr Retrieve retrieve_from(unsigned hit, unsigned chunk) {
  const unsigned start = hit / chunk * chunk;
  return {start, hit - start};
}

struct Sweep {
  unsigned hits = 0;         // lengths tried: every whole number of blocks below `end`
  unsigned overlapping = 0;  // of those
  unsigned worst = 0;        // tokens
  // Rounded to the nearest whole number.
  constexpr unsigned percent() const { return hits == 0 ? 0 : (200 * overlapping + hits) / (2 * hits); }
};

// Over all hits of 1 block or more below `end` tokens. REQUIRES: chunk > 0, block > 0.
constexpr Sweep sweep(unsigned chunk, unsigned block, unsigned end) {
  Sweep result;
  for (unsigned hit = block; hit < end; hit += block) {
    const unsigned overlap = retrieve_from(hit, chunk).overlap;
    ++result.hits;
    if (overlap > 0) ++result.overlapping;
    result.worst = std::max(result.worst, overlap);
  }
  return result;
}

}  // namespace kvtool::apc_overlap

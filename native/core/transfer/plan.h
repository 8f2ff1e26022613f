// Plan: one transfer as a kernel is given it, by value. Whoever makes one by hand, as scenarios of unchecked
// launches do, decides what memory it touches; make_plan() (request.h) makes only ones that stay inside.
#pragma once

#include <cstddef>
#include <cstdint>

#include "core/transfer/layout.h"

namespace kvtool::transfer {

struct Plan {
  PageStrides page_strides;
  BufferStrides buffer_strides;
  unsigned char* const* pages;  // the pages' pointers, in memory that the device reads
  unsigned char* buffer;        // row (first_kv, first_layer, token 0)
  const std::int64_t* slots;    // of token 0; in memory that the device reads; negative: the token stays
  std::int64_t first_token;     // tokens [first_token, first_token + tokens) move
  std::uint32_t tokens;
  std::uint32_t first_layer, layers;
  std::uint32_t first_kv, kvs;
  std::uint32_t pieces;       // runs of bytes that are contiguous on both sides: one, or one a head (HND)
  std::uint32_t piece_bytes;  // of each
  std::uint32_t unit;  // 16, 8, 4, 2 or 1: every address that is used and every length is a multiple of it
  Direction direction;
};

// One token of one layer, of K or V.
struct Row {
  std::uint32_t kv, layer;  // of the whole cache
  std::int64_t token;
};

// Row number `index` of the transfer, tokens fastest. REQUIRES: index < row_count(plan).
KVTOOL_HOST_DEVICE inline Row row_at(const Plan& plan, std::uint32_t index) {
  const std::uint32_t matrix = index / plan.tokens;
  const std::uint32_t kv = matrix / plan.layers;
  return {plan.first_kv + kv, plan.first_layer + (matrix - kv * plan.layers),
          plan.first_token + (index - matrix * plan.tokens)};
}

KVTOOL_HOST_DEVICE inline std::uint32_t row_count(const Plan& plan) {
  return plan.tokens * plan.layers * plan.kvs;
}

// Whether a grid of (tokens, layers, K and V) exists: no dimension is zero, none is what became of a negative
// one.
inline bool has_grid(const Plan& plan) {
  const std::uint64_t rows = std::uint64_t{plan.tokens} * plan.layers * plan.kvs;
  return rows > 0 && rows <= 0x7fffffff && plan.layers <= 0xffff;
}

KVTOOL_HOST_DEVICE inline unsigned char* row_in_pages(const Plan& plan, const Row& row, std::int64_t slot) {
  return plan.pages[page_pointer(plan.page_strides, row.kv, row.layer)] +
         page_offset(plan.page_strides, row.kv, row.layer, slot);
}

KVTOOL_HOST_DEVICE inline unsigned char* row_in_buffer(const Plan& plan, const Row& row) {
  return plan.buffer +
         buffer_offset(plan.buffer_strides, row.kv - plan.first_kv, row.layer - plan.first_layer, row.token);
}

}  // namespace kvtool::transfer

// Caches that tests move: their shapes, mappings, and a transfer on the host's own memory.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "core/transfer/content.h"
#include "core/transfer/reference.h"
#include "core/transfer/request.h"

namespace kvtool::transfer::test {

// Small, with every dimension of another length; rows of `elements` elements a head.
inline Shape small_shape(Format format, Dtype dtype, std::int64_t elements = 8) {
  return {format, dtype, 3, 5, 4, is_mla(format) ? 1 : 2, elements};
}

// Tokens in slots that go backwards, every fifth one left alone.
inline std::vector<std::int64_t> backward_slots(const Shape& shape, std::int64_t tokens) {
  std::vector<std::int64_t> slots;
  for (std::int64_t token = 0; token < tokens; ++token)
    slots.push_back(token % 5 == 3 ? -1 : shape.slots() - 1 - token);
  return slots;
}

// A cache on the host, filled, with its buffer.
struct HostCache {
  Pages pages;
  Buffer buffer;
  std::vector<std::int64_t> slots;
  std::vector<unsigned char*> pointers;

  HostCache(const Shape& shape, std::vector<std::int64_t> mapping)
      : pages(shape),
        buffer(shape, static_cast<std::int64_t>(mapping.size())),
        slots(std::move(mapping)),
        pointers(pages.pointers()) {
    pages.fill(1);
    buffer.fill(2);
  }

  Request request(Direction direction, std::int64_t skip = 0) {
    return {.shape = pages.shape,
            .direction = direction,
            .pages = pointers,
            .page_bytes = pages.tensors[0].size(),
            .buffer = buffer.bytes.data(),
            .buffer_bytes = buffer.bytes.size(),
            .slots = slots,
            .tokens = buffer.tokens,
            .skip = skip};
  }
};

}  // namespace kvtool::transfer::test

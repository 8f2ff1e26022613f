// Request: a transfer as a caller asks for it, and its check. Everything is checked before anything is
// launched: a kernel that is given a wrong number writes where it says, and nobody is told.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <variant>

#include "core/transfer/plan.h"
#include "core/transfer/shape.h"

namespace kvtool::transfer {

// The addresses are the device's. Lists have a copy that the host reads, for the checks, and one that the
// device reads; on a device whose memory the host reads, one list serves both.
struct Request {
  Shape shape;
  Direction direction = Direction::to_buffer;
  std::span<unsigned char* const> pages;  // shape.pointers() tensors of page_bytes each
  std::size_t page_bytes = 0;
  unsigned char* buffer = nullptr;  // [kv, layer, token, hidden]
  std::size_t buffer_bytes = 0;
  std::span<const std::int64_t> slots;  // one a token: in [0, blocks * block_size), or negative: left alone
  std::int64_t tokens = 0;              // T, the buffer's third dimension
  std::int64_t skip = 0;                // skip_prefix_n_tokens: these first tokens are left alone
  unsigned char* const* device_pages = nullptr;  // null: pages.data()
  const std::int64_t* device_slots = nullptr;    // null: slots.data()
};

// The first argument that is wrong, under the name that the field's kernels have for it. Takes time in
// tokens.
std::optional<InvalidArgument> find_fault(const Request& request);

// The plan for a request in which nothing is wrong.
std::variant<Plan, InvalidArgument> make_plan(const Request& request);

// As make_plan() without a look at the numbers, as the field's launches are made. A count of tokens below
// zero becomes a huge one, as a grid's dimension does.
Plan make_unchecked_plan(const Request& request);

}  // namespace kvtool::transfer

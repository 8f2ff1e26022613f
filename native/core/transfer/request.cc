#include "core/transfer/request.h"

#include <algorithm>
#include <limits>
#include <string>
#include <utility>
#include <vector>

namespace kvtool::transfer {
namespace {

using Fault = std::optional<InvalidArgument>;

std::string number(std::int64_t value) { return std::to_string(value); }
std::string at_index(const char* list, std::size_t index) {
  return std::string(list).append("[").append(std::to_string(index)).append("]");
}
std::string address(const void* pointer) {
  if (pointer == nullptr) return "null";
  constexpr const char* kDigits = "0123456789abcdef";
  std::string text;
  for (auto value = reinterpret_cast<std::uintptr_t>(pointer); value != 0; value /= 16)
    text.insert(text.begin(), kDigits[value % 16]);
  return "0x" + text;
}

Fault find_bad_pointer(const Shape& shape, const std::string& argument, const void* pointer) {
  if (pointer == nullptr) return InvalidArgument{argument, "null", "memory of the device"};
  if (reinterpret_cast<std::uintptr_t>(pointer) % static_cast<std::uintptr_t>(shape.element_bytes()) != 0)
    return InvalidArgument{argument, address(pointer),
                           "a multiple of " + number(shape.element_bytes()) + " bytes"};
  return std::nullopt;
}

Fault find_bad_pages(const Request& request) {
  const Shape& shape = request.shape;
  if (std::cmp_not_equal(request.pages.size(), shape.pointers()))
    return InvalidArgument{"key_value_ptrs",
                           number(static_cast<std::int64_t>(request.pages.size())) + " pointers",
                           number(shape.pointers()) + " for " + std::string(name(shape.format))};
  for (std::size_t i = 0; i < request.pages.size(); ++i)
    if (Fault fault = find_bad_pointer(shape, at_index("key_value_ptrs", i), request.pages[i])) return fault;
  if (std::cmp_less(request.page_bytes, shape.pointer_bytes()))
    return InvalidArgument{"page_buffer_size", std::to_string(request.page_bytes) + " bytes",
                           number(shape.pointer_bytes()) + " bytes a tensor"};
  return std::nullopt;
}

Fault find_bad_tokens(const Request& request) {
  const Shape& shape = request.shape;
  if (request.tokens < 1) return InvalidArgument{"tokens", number(request.tokens), "1 or more"};
  std::int64_t rows = shape.kvs() * shape.layers, bytes = 0;
  if (__builtin_mul_overflow(rows, request.tokens, &rows) ||
      rows > std::numeric_limits<std::int32_t>::max() ||
      __builtin_mul_overflow(rows, shape.row_bytes(), &bytes))
    return InvalidArgument{"tokens", number(request.tokens),
                           "fewer than 2^31 rows of a token, a layer, K or V"};
  if (request.skip < 0 || request.skip >= request.tokens)
    return InvalidArgument{"skip_prefix_n_tokens", number(request.skip),
                           "0 <= skip < tokens (" + number(request.tokens) + ")"};
  return std::nullopt;
}

Fault find_bad_buffer(const Request& request) {
  const Shape& shape = request.shape;
  if (Fault fault = find_bad_pointer(shape, "key_value", request.buffer)) return fault;
  if (std::cmp_less(request.buffer_bytes, shape.buffer_bytes(request.tokens)))
    return InvalidArgument{
        "key_value", std::to_string(request.buffer_bytes) + " bytes",
        number(shape.buffer_bytes(request.tokens)) + " bytes for " + number(request.tokens) + " tokens"};
  return std::nullopt;
}

// Two tokens that are written to one slot: which of them stays is chance.
Fault find_shared_slot(const Request& request) {
  std::vector<std::pair<std::int64_t, std::int64_t>> named;  // slot, token
  for (std::int64_t token = request.skip; token < request.tokens; ++token)
    if (const std::int64_t slot = request.slots[static_cast<std::size_t>(token)]; slot >= 0)
      named.emplace_back(slot, token);
  std::sort(named.begin(), named.end());
  for (std::size_t i = 1; i < named.size(); ++i)
    if (named[i].first == named[i - 1].first)
      return InvalidArgument{at_index("slot_mapping", static_cast<std::size_t>(named[i].second)),
                             "slot " + number(named[i].first),
                             "a slot of its own: token " + number(named[i - 1].second) + " is written there"};
  return std::nullopt;
}

Fault find_bad_slots(const Request& request) {
  if (std::cmp_less(request.slots.size(), request.tokens))
    return InvalidArgument{"slot_mapping", std::to_string(request.slots.size()) + " slots",
                           number(request.tokens) + " or more, one a token"};
  for (std::int64_t token = request.skip; token < request.tokens; ++token)
    if (const std::int64_t slot = request.slots[static_cast<std::size_t>(token)];
        slot >= request.shape.slots())
      return InvalidArgument{at_index("slot_mapping", static_cast<std::size_t>(token)), number(slot),
                             "below " + number(request.shape.slots()) + ", or negative to leave the token"};
  return request.direction == Direction::to_pages ? find_shared_slot(request) : std::nullopt;
}

// The largest power of two up to 16 that divides everything an address is made of.
std::uint32_t unit_of(const Request& request, const Plan& plan) {
  std::uint64_t bits = 16 | plan.piece_bytes | reinterpret_cast<std::uintptr_t>(request.buffer);
  for (const std::int64_t stride :
       {plan.page_strides.block, plan.page_strides.in_block, plan.page_strides.kv, plan.page_strides.layer,
        plan.pieces > 1 ? plan.page_strides.head : 0, plan.buffer_strides.kv, plan.buffer_strides.layer,
        plan.buffer_strides.token})
    bits |= static_cast<std::uint64_t>(stride);
  for (const unsigned char* pointer : request.pages) bits |= reinterpret_cast<std::uintptr_t>(pointer);
  return static_cast<std::uint32_t>(bits & (~bits + 1));
}

}  // namespace

Fault find_fault(const Request& request) {
  if (Fault fault = find_fault(request.shape)) return fault;
  if (Fault fault = find_bad_tokens(request)) return fault;
  if (Fault fault = find_bad_pages(request)) return fault;
  if (Fault fault = find_bad_buffer(request)) return fault;
  return find_bad_slots(request);
}

Plan make_unchecked_plan(const Request& request) {
  const Shape& shape = request.shape;
  const bool by_head = heads_come_first(shape.format) && shape.heads > 1;
  Plan plan{.page_strides = page_strides(shape),
            .buffer_strides = buffer_strides(shape, request.tokens),
            .pages = request.device_pages != nullptr ? request.device_pages : request.pages.data(),
            .buffer = request.buffer,
            .slots = request.device_slots != nullptr ? request.device_slots : request.slots.data(),
            .first_token = request.skip,
            .tokens = static_cast<std::uint32_t>(request.tokens - request.skip),
            .first_layer = 0,
            .layers = static_cast<std::uint32_t>(shape.layers),
            .first_kv = 0,
            .kvs = static_cast<std::uint32_t>(shape.kvs()),
            .pieces = by_head ? static_cast<std::uint32_t>(shape.heads) : 1,
            .piece_bytes = static_cast<std::uint32_t>(by_head ? shape.head_bytes() : shape.row_bytes()),
            .unit = 1,
            .direction = request.direction};
  plan.unit = unit_of(request, plan);
  return plan;
}

std::variant<Plan, InvalidArgument> make_plan(const Request& request) {
  if (Fault fault = find_fault(request)) return *std::move(fault);
  return make_unchecked_plan(request);
}

}  // namespace kvtool::transfer

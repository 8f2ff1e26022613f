#include "core/device/races/transfer_ranges.h"

namespace kvtool::races {

using transfer::Row;

std::size_t page_pointers(const transfer::Plan& plan) {
  return std::size_t{transfer::page_pointer(plan.page_strides, plan.first_kv + plan.kvs - 1,
                                            plan.first_layer + plan.layers - 1)} +
         1;
}

TransferRanges ranges_of(const transfer::Plan& plan, const std::int64_t* slots, unsigned char* const* pages) {
  std::vector<ByteRange> in_pages, in_buffer, lists;
  const bool is_known = slots != nullptr && pages != nullptr;
  transfer::Plan readable = plan;
  readable.pages = pages;
  const std::uint32_t rows = transfer::row_count(plan);
  for (std::uint32_t index = 0; index < rows; ++index) {
    const Row row = transfer::row_at(plan, index);
    if (is_known && slots[row.token] < 0) continue;
    in_buffer.push_back(
        range_of(transfer::row_in_buffer(plan, row), std::size_t{plan.pieces} * plan.piece_bytes));
    if (!is_known) continue;
    const unsigned char* const at = transfer::row_in_pages(readable, row, slots[row.token]);
    for (std::uint32_t piece = 0; piece < plan.pieces; ++piece)
      in_pages.push_back(
          range_of(at + static_cast<std::int64_t>(piece) * plan.page_strides.head, plan.piece_bytes));
  }
  lists.push_back(range_of(plan.slots + plan.first_token, plan.tokens * sizeof(std::int64_t)));
  lists.push_back(range_of(plan.pages, page_pointers(plan) * sizeof(void*)));

  const bool to_buffer = plan.direction == transfer::Direction::to_buffer;
  auto& read = to_buffer ? in_pages : in_buffer;
  read.insert(read.end(), lists.begin(), lists.end());
  return {merged(std::move(read)), merged(std::move(to_buffer ? in_buffer : in_pages))};
}

}  // namespace kvtool::races

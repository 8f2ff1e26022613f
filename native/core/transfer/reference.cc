#include "core/transfer/reference.h"

#include <cstring>

namespace kvtool::transfer {

void run_on_host(const Plan& plan) {
  for (std::uint32_t index = 0; index < row_count(plan); ++index) {
    const Row row = row_at(plan, index);
    const std::int64_t slot = plan.slots[row.token];
    if (slot < 0) continue;
    unsigned char* in_pages = row_in_pages(plan, row, slot);
    unsigned char* in_buffer = row_in_buffer(plan, row);
    for (std::uint32_t piece = 0; piece < plan.pieces; ++piece) {
      if (plan.direction == Direction::to_buffer)
        std::memcpy(in_buffer, in_pages, plan.piece_bytes);
      else
        std::memcpy(in_pages, in_buffer, plan.piece_bytes);
      in_pages += plan.page_strides.head;
      in_buffer += plan.piece_bytes;
    }
  }
}

}  // namespace kvtool::transfer

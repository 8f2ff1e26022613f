// Where a KV cache keeps what, as byte strides. This header is the only place that computes an offset: the
// CPU reference, the simulated device and the GPU kernels all include it (C++17, no library but <cstdint>).
//
// Two sides. The pages are the engine's: a slot is a place for one token in a block of block_size slots; each
// format below orders layers, K and V, slots and heads in its own way. The buffer is the cache server's,
// always [kv, layer, token, hidden]. All offsets are 64-bit: 128 layers of a long cache pass 2^31 bytes, and
// a cache of one layer passes 2^31 units of 8 bytes.
#pragma once

#include <cstdint>

#include "core/transfer/host_device.h"

namespace kvtool::transfer {

// Numbered as the serving stacks number them. NB blocks, BS slots of a block, NL layers, NH heads, HS head
// size, TWO: K and V. What stands before X is a list of tensors, the rest the shape of one of them.
enum class Format : std::uint8_t {
  nb_nl_two_bs_nh_hs = 0,     // one tensor for all layers; vLLM cross-layer
  nl_x_two_nb_bs_nh_hs = 1,   // vLLM with flash-attn
  nl_x_nb_two_bs_nh_hs = 2,   // vLLM with flashinfer
  nl_x_nb_bs_hs = 3,          // vLLM MLA: no heads, K and V in one
  two_x_nl_x_nbbs_nh_hs = 4,  // SGLang MHA: a list of K tensors, then a list of V tensors
  nl_x_nbbs_one_hs = 5,       // SGLang MLA
  nl_x_two_nb_nh_bs_hs = 6,   // 1 with the heads before the slots (HND)
  nl_x_nb_two_nh_bs_hs = 7,   // 2, HND
  nb_nl_two_nh_bs_hs = 8,     // 0, HND; TensorRT-LLM
  two_x_nl_x_nb_bs_nh_hs = 9  // 4 by blocks; SGLang through a daemon
};
inline constexpr int kFormats = 10;

// The numbers are those of the field's `direction` argument.
enum class Direction : std::uint8_t { to_pages = 0, to_buffer = 1 };

// Strides of the pages in bytes, unless said otherwise.
struct PageStrides {
  std::int64_t block, in_block, kv, layer, head;
  std::int64_t block_size;   // slots
  std::int32_t block_shift;  // log2 of block_size, or -1 where that is no power of two
  std::uint32_t pointer_kv;  // pages[kv * pointer_kv + layer * pointer_layer] is where the strides begin
  std::uint32_t pointer_layer;
};

// Strides of the buffer in bytes. Heads are contiguous in a row.
struct BufferStrides {
  std::int64_t kv, layer, token;
};

// Bytes from slot 0 to a slot. REQUIRES: slot >= 0.
KVTOOL_HOST_DEVICE inline std::int64_t slot_offset(const PageStrides& at, std::int64_t slot) {
  const std::int64_t block = at.block_shift >= 0 ? slot >> at.block_shift : slot / at.block_size;
  return block * at.block + (slot - block * at.block_size) * at.in_block;
}

// Bytes from the pages' pointer to head 0 of (kv, layer, slot). REQUIRES: slot >= 0.
KVTOOL_HOST_DEVICE inline std::int64_t page_offset(const PageStrides& at, std::uint32_t kv,
                                                   std::uint32_t layer, std::int64_t slot) {
  return slot_offset(at, slot) + static_cast<std::int64_t>(kv) * at.kv +
         static_cast<std::int64_t>(layer) * at.layer;
}

KVTOOL_HOST_DEVICE inline std::uint32_t page_pointer(const PageStrides& at, std::uint32_t kv,
                                                     std::uint32_t layer) {
  return kv * at.pointer_kv + layer * at.pointer_layer;
}

// Bytes from the buffer's begin to the row of (kv, layer, token).
KVTOOL_HOST_DEVICE inline std::int64_t buffer_offset(const BufferStrides& at, std::uint32_t kv,
                                                     std::uint32_t layer, std::int64_t token) {
  return static_cast<std::int64_t>(kv) * at.kv + static_cast<std::int64_t>(layer) * at.layer +
         token * at.token;
}

}  // namespace kvtool::transfer

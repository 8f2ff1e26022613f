// Shape: what a KV cache is made of, and the strides that follow for a format.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/transfer/layout.h"

namespace kvtool::transfer {

enum class Dtype : std::uint8_t { fp8, fp16, bf16, fp32 };
inline constexpr int kDtypes = 4;

std::string_view name(Format format);  // "NL_X_TWO_NB_BS_NH_HS"
std::string_view name(Dtype dtype);    // "bf16"
std::string_view name(Direction direction);
// By number ("1") or by name, in either case of letters.
std::optional<Format> parse_format(std::string_view text);
std::optional<Dtype> parse_dtype(std::string_view text);

constexpr bool is_mla(Format format) {
  return format == Format::nl_x_nb_bs_hs || format == Format::nl_x_nbbs_one_hs;
}
constexpr bool heads_come_first(Format format) {
  return format == Format::nl_x_two_nb_nh_bs_hs || format == Format::nl_x_nb_two_nh_bs_hs ||
         format == Format::nb_nl_two_nh_bs_hs;
}
constexpr bool is_one_tensor(Format format) {
  return format == Format::nb_nl_two_bs_nh_hs || format == Format::nb_nl_two_nh_bs_hs;
}
constexpr bool has_two_lists(Format format) {
  return format == Format::two_x_nl_x_nbbs_nh_hs || format == Format::two_x_nl_x_nb_bs_nh_hs;
}

struct Shape {
  Format format = Format::nl_x_two_nb_bs_nh_hs;
  Dtype dtype = Dtype::bf16;
  std::int64_t layers = 1;
  std::int64_t blocks = 1;
  std::int64_t block_size = 1;  // slots
  std::int64_t heads = 1;       // 1 for MLA
  std::int64_t head_size = 1;   // elements

  // REQUIRES for all below: find_fault() has none.
  std::int64_t kvs() const { return is_mla(format) ? 1 : 2; }
  std::int64_t slots() const { return blocks * block_size; }
  std::int64_t element_bytes() const { return dtype == Dtype::fp8 ? 1 : dtype == Dtype::fp32 ? 4 : 2; }
  std::int64_t head_bytes() const { return head_size * element_bytes(); }
  std::int64_t row_bytes() const { return heads * head_bytes(); }
  // Tensors that hold the pages, and the bytes of each.
  std::int64_t pointers() const {
    return is_one_tensor(format) ? 1 : has_two_lists(format) ? 2 * layers : layers;
  }
  std::int64_t pointer_bytes() const { return kvs() * layers * slots() * row_bytes() / pointers(); }
  std::int64_t buffer_bytes(std::int64_t tokens) const { return kvs() * layers * tokens * row_bytes(); }
};

PageStrides page_strides(const Shape& shape);
// Of a buffer for `tokens` tokens.
BufferStrides buffer_strides(const Shape& shape, std::int64_t tokens);

// An argument that a transfer cannot be made with.
struct InvalidArgument {
  std::string argument, found, expected;
  // "skip_prefix_n_tokens: found 300, expected 0 <= skip < tokens (256)".
  std::string message() const { return argument + ": found " + found + ", expected " + expected; }
};
// The first dimension that is out of range, also by overflow of the whole cache's size.
std::optional<InvalidArgument> find_fault(const Shape& shape);

}  // namespace kvtool::transfer

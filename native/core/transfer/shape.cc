#include "core/transfer/shape.h"

#include <array>
#include <cctype>
#include <limits>
#include <string>
#include <utility>

namespace kvtool::transfer {
namespace {

constexpr std::array<std::string_view, kFormats> kFormatNames = {
    "NB_NL_TWO_BS_NH_HS",    "NL_X_TWO_NB_BS_NH_HS",  "NL_X_NB_TWO_BS_NH_HS", "NL_X_NB_BS_HS",
    "TWO_X_NL_X_NBBS_NH_HS", "NL_X_NBBS_ONE_HS",      "NL_X_TWO_NB_NH_BS_HS", "NL_X_NB_TWO_NH_BS_HS",
    "NB_NL_TWO_NH_BS_HS",    "TWO_X_NL_X_NB_BS_NH_HS"};
constexpr std::array<std::string_view, kDtypes> kDtypeNames = {"fp8", "fp16", "bf16", "fp32"};

bool same_letters(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i)
    if (std::tolower(static_cast<unsigned char>(a[i])) != std::tolower(static_cast<unsigned char>(b[i])))
      return false;
  return true;
}

int log2_of(std::int64_t value) {
  for (int shift = 0; shift < 62; ++shift)
    if (value == std::int64_t{1} << shift) return shift;
  return -1;
}

}  // namespace

std::string_view name(Format format) { return kFormatNames.at(static_cast<std::size_t>(format)); }
std::string_view name(Dtype dtype) { return kDtypeNames.at(static_cast<std::size_t>(dtype)); }
std::string_view name(Direction direction) {
  return direction == Direction::to_pages ? "to-pages" : "to-buffer";
}

std::optional<Format> parse_format(std::string_view text) {
  for (std::size_t i = 0; i < kFormatNames.size(); ++i)
    if (same_letters(text, kFormatNames[i]) || text == std::to_string(i)) return static_cast<Format>(i);
  return std::nullopt;
}

std::optional<Dtype> parse_dtype(std::string_view text) {
  for (std::size_t i = 0; i < kDtypeNames.size(); ++i)
    if (same_letters(text, kDtypeNames[i])) return static_cast<Dtype>(i);
  return std::nullopt;
}

std::optional<InvalidArgument> find_fault(const Shape& shape) {
  if (static_cast<int>(shape.format) >= kFormats)
    return InvalidArgument{"format", std::to_string(static_cast<int>(shape.format)), "0 to 9"};
  const std::array<std::pair<const char*, std::int64_t>, 5> dimensions = {{{"layers", shape.layers},
                                                                           {"blocks", shape.blocks},
                                                                           {"block_size", shape.block_size},
                                                                           {"heads", shape.heads},
                                                                           {"head_size", shape.head_size}}};
  std::int64_t product = shape.kvs() * shape.element_bytes();
  for (const auto& [dimension, value] : dimensions) {
    if (value < 1) return InvalidArgument{dimension, std::to_string(value), "1 or more"};
    if (__builtin_mul_overflow(product, value, &product))
      return InvalidArgument{dimension, std::to_string(value), "a cache of fewer than 2^63 bytes"};
  }
  if (shape.layers > 0xffff)
    return InvalidArgument{"layers", std::to_string(shape.layers), "at most 65535, a dimension of the grid"};
  if (is_mla(shape.format) && shape.heads != 1)
    return InvalidArgument{"heads", std::to_string(shape.heads),
                           "1, as " + std::string(name(shape.format)) + " has no heads"};
  if (shape.row_bytes() > std::numeric_limits<std::int32_t>::max())
    return InvalidArgument{"head_size", std::to_string(shape.head_size), "a row of fewer than 2^31 bytes"};
  return std::nullopt;
}

PageStrides page_strides(const Shape& shape) {
  const std::int64_t row = shape.row_bytes(), head = shape.head_bytes();
  const std::int64_t block = shape.block_size * row;  // one block of K or of V of one layer
  const bool heads_first = heads_come_first(shape.format);
  PageStrides at{.block = block,
                 .in_block = heads_first ? head : row,
                 .kv = 0,
                 .layer = 0,
                 .head = heads_first ? shape.block_size * head : head,
                 .block_size = shape.block_size,
                 .block_shift = log2_of(shape.block_size),
                 .pointer_kv = 0,
                 .pointer_layer = 1};
  switch (shape.format) {
    case Format::nb_nl_two_bs_nh_hs:
    case Format::nb_nl_two_nh_bs_hs:
      at.block = shape.layers * 2 * block;
      at.layer = 2 * block;
      at.kv = block;
      at.pointer_layer = 0;
      break;
    case Format::nl_x_two_nb_bs_nh_hs:
    case Format::nl_x_two_nb_nh_bs_hs:
      at.kv = shape.blocks * block;
      break;
    case Format::nl_x_nb_two_bs_nh_hs:
    case Format::nl_x_nb_two_nh_bs_hs:
      at.block = 2 * block;
      at.kv = block;
      break;
    case Format::two_x_nl_x_nbbs_nh_hs:
    case Format::two_x_nl_x_nb_bs_nh_hs:
      at.pointer_kv = static_cast<std::uint32_t>(shape.layers);
      break;
    case Format::nl_x_nb_bs_hs:
    case Format::nl_x_nbbs_one_hs:
      break;
  }
  return at;
}

BufferStrides buffer_strides(const Shape& shape, std::int64_t tokens) {
  const std::int64_t row = shape.row_bytes();
  return {.kv = shape.layers * tokens * row, .layer = tokens * row, .token = row};
}

}  // namespace kvtool::transfer

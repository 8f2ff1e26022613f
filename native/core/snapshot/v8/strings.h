// Strings of V8: flat, made of two others, a part of another, a forwarding to another, or outside of the
// heap.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>

#include "core/snapshot/v8/heap.h"

namespace kvtool::snapshot::v8 {

// A run of characters, of one or two bytes each.
struct Characters {
  std::span<const std::byte> bytes;
  bool wide;

  std::size_t size() const { return wide ? bytes.size() / 2 : bytes.size(); }
  char16_t operator[](std::size_t i) const {
    const auto byte = [&](std::size_t at) { return std::to_integer<std::uint16_t>(bytes[at]); };
    return static_cast<char16_t>(wide ? byte(2 * i) | byte(2 * i + 1) << 8 : byte(i));
  }
};

bool is_string(const Heap& heap, Word word);
std::optional<std::uint32_t> string_length(const Heap& heap, Word string);
// Hands the characters from `begin` up to `end` to `take`, in order. False when some cannot be read.
bool visit_string(const Heap& heap, Word string, std::uint32_t begin, std::uint32_t end,
                  const std::function<void(const Characters&)>& take);
// As UTF-8, at most `limit` characters of it. nullopt when it is no string or cannot be read.
std::optional<std::string> text_of(const Heap& heap, Word string, std::uint32_t limit);

std::string to_utf8(const std::u16string& text);

}  // namespace kvtool::snapshot::v8

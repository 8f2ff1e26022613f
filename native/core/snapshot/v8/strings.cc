#include "core/snapshot/v8/strings.h"

#include <algorithm>
#include <array>
#include <vector>

namespace kvtool::snapshot::v8 {
namespace {

// The low bits of a string's instance type (v8/src/objects/instance-type.h; the same since 2018).
constexpr int kRepresentation = 7;
constexpr int kFlat = 0;
constexpr int kCons = 1;
constexpr int kExternal = 2;
constexpr int kSliced = 3;
constexpr int kThin = 5;
constexpr int kOneByte = 8;
constexpr int kUncached = 16;  // an external string that does not keep the address of its characters

// A text that was built piece by piece is a chain of as many strings; those of programs are flat by then.
constexpr std::size_t kPartLimit = 10'000;
constexpr std::size_t kChunkBytes = 64 * 1024;

struct Part {
  Word string;
  std::uint32_t begin;
  std::uint32_t end;
};

bool visit_flat(const Heap& heap, std::uint64_t characters, const Part& part, bool wide,
                const std::function<void(const Characters&)>& take) {
  const std::size_t width = wide ? 2 : 1;
  std::vector<std::byte> buffer(std::min((part.end - part.begin) * width, kChunkBytes));
  for (std::uint64_t at = part.begin * width; at < part.end * width;) {
    const auto chunk = std::span(buffer).first(std::min<std::size_t>(buffer.size(), part.end * width - at));
    if (heap.memory().read(characters + at, chunk) != chunk.size()) return false;
    take({.bytes = chunk, .wide = wide});
    at += chunk.size();
  }
  return true;
}

// Pushes the strings that `part` is made of. False when it cannot be.
bool open(const Heap& heap, const Part& part, int representation, std::vector<Part>& parts) {
  const Layout& layout = heap.layout();
  if (representation == kThin) {
    parts.push_back({heap.field(part.string, layout.thin_actual), part.begin, part.end});
    return true;
  }
  if (representation == kSliced) {
    const auto offset = heap.integer_field(part.string, layout.sliced_offset);
    if (!offset || *offset < 0) return false;
    const auto from = static_cast<std::uint32_t>(*offset);
    if (part.end > UINT32_MAX - from) return false;
    parts.push_back({heap.field(part.string, layout.sliced_parent), part.begin + from, part.end + from});
    return true;
  }
  if (representation != kCons) return false;
  const Word first = heap.field(part.string, layout.cons_first);
  const auto length = string_length(heap, first);
  if (!length) return false;
  if (part.end > *length)
    parts.push_back({heap.field(part.string, layout.cons_second),
                     part.begin > *length ? part.begin - *length : 0, part.end - *length});
  if (part.begin < *length) parts.push_back({first, part.begin, std::min(part.end, *length)});
  return true;
}

}  // namespace

bool is_string(const Heap& heap, Word word) {
  const int type = heap.type(word);
  return type >= 0 && type < heap.layout().first_nonstring_type;
}

std::optional<std::uint32_t> string_length(const Heap& heap, Word string) {
  const auto length = heap.raw_field<std::int32_t>(string, heap.layout().string_length);
  if (!is_string(heap, string) || !length || *length < 0) return std::nullopt;
  return static_cast<std::uint32_t>(*length);
}

bool visit_string(const Heap& heap, Word string, std::uint32_t begin, std::uint32_t end,
                  const std::function<void(const Characters&)>& take) {
  std::vector<Part> parts{{string, begin, end}};
  for (std::size_t opened = 0; !parts.empty() && opened < kPartLimit; ++opened) {
    const Part part = parts.back();
    parts.pop_back();
    const auto length = string_length(heap, part.string);
    if (!length || part.begin > part.end || part.end > *length) return false;
    if (part.begin == part.end) continue;
    const int type = heap.type(part.string);
    const int representation = type & kRepresentation;
    const bool wide = (type & kOneByte) == 0;
    std::uint64_t characters = 0;
    if (representation == kFlat) {
      characters = part.string - 1 + static_cast<std::uint64_t>(heap.layout().string_characters);
    } else if (representation == kExternal && (type & kUncached) == 0) {
      characters = heap.field(part.string, heap.constants().external_string_data);
    } else {
      if (!open(heap, part, representation, parts)) return false;
      continue;
    }
    if (characters == 0 || !visit_flat(heap, characters, part, wide, take)) return false;
  }
  return parts.empty();
}

std::optional<std::string> text_of(const Heap& heap, Word string, std::uint32_t limit) {
  const auto length = string_length(heap, string);
  if (!length) return std::nullopt;
  std::u16string text;
  const bool all = visit_string(heap, string, 0, std::min(*length, limit), [&](const Characters& characters) {
    for (std::size_t i = 0; i < characters.size(); ++i) text.push_back(characters[i]);
  });
  return all ? std::optional(to_utf8(text)) : std::nullopt;
}

std::string to_utf8(const std::u16string& text) {
  std::string result;
  const auto put = [&](char32_t point) {
    if (point < 0x80) {
      result.push_back(static_cast<char>(point));
      return;
    }
    const int following = point < 0x800 ? 1 : point < 0x10000 ? 2 : 3;
    constexpr std::array<unsigned, 4> kLead{0, 0xc0, 0xe0, 0xf0};
    result.push_back(static_cast<char>(kLead[static_cast<std::size_t>(following)] | point >> 6 * following));
    for (int left = following - 1; left >= 0; --left)
      result.push_back(static_cast<char>(0x80 | ((point >> 6 * left) & 0x3f)));
  };
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char32_t unit = text[i];
    const char32_t next = i + 1 < text.size() ? text[i + 1] : U'\0';
    const bool leads = unit >= 0xd800 && unit < 0xdc00;
    if (leads && next >= 0xdc00 && next < 0xe000) {
      put(0x10000 + ((unit - 0xd800) << 10) + (next - 0xdc00));
      ++i;
    } else {
      put(unit >= 0xd800 && unit < 0xe000 ? U'\ufffd' : unit);
    }
  }
  return result;
}

}  // namespace kvtool::snapshot::v8

#include "core/snapshot/python/objects.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <span>

namespace kvtool::snapshot::python {
namespace {

constexpr std::size_t kTypeNameLimit = 64;
// Types that a process has: some thousands. What is asked for more often is garbage.
constexpr std::size_t kTypeLimit = 65536;
constexpr std::size_t kTextLimit = 4096;
// Line tables take some 5 bytes an instruction; a module with 10,000 lines of code has 1 MB.
constexpr std::size_t kBytesLimit = std::size_t{4} << 20;
// Smaller addresses are never mapped.
constexpr std::uint64_t kFirstAddress = 0x1000;

void append_utf8(std::string& out, std::uint32_t c) {
  const auto put = [&](std::uint32_t byte) { out += static_cast<char>(byte); };
  if (c < 0x80) {
    put(c);
  } else if (c < 0x800) {
    put(0xc0 | c >> 6);
    put(0x80 | (c & 0x3f));
  } else if (c < 0x10000) {
    put(0xe0 | c >> 12);
    put(0x80 | (c >> 6 & 0x3f));
    put(0x80 | (c & 0x3f));
  } else {
    put(0xf0 | (c >> 18 & 7));
    put(0x80 | (c >> 12 & 0x3f));
    put(0x80 | (c >> 6 & 0x3f));
    put(0x80 | (c & 0x3f));
  }
}

}  // namespace

std::optional<std::string> Objects::bytes_at(std::uint64_t address, std::size_t length) const {
  std::string bytes(length, '\0');
  if (memory_.read(address, std::as_writable_bytes(std::span(bytes))) != length) return std::nullopt;
  return bytes;
}

std::optional<std::string> Objects::c_string(std::uint64_t address, std::size_t limit) const {
  std::string bytes(limit, '\0');
  const std::size_t read = memory_.read(address, std::as_writable_bytes(std::span(bytes)));
  const std::size_t end = bytes.find('\0');
  if (end >= read) return std::nullopt;
  bytes.resize(end);
  return bytes;
}

std::string_view Objects::type_of(std::uint64_t object) const {
  if (object < kFirstAddress || object % alignof(std::uint64_t) != 0) return {};
  const auto type = word(object + layout_.object.type);
  if (!type || *type < kFirstAddress || *type % alignof(std::uint64_t) != 0) return {};
  const auto known = type_names_.find(*type);
  if (known != type_names_.end()) return known->second;
  if (type_names_.size() >= kTypeLimit) return {};
  const auto name = word(*type + layout_.object.type_name);
  const auto text = name ? c_string(*name, kTypeNameLimit) : std::nullopt;
  return type_names_.emplace(*type, text.value_or("")).first->second;
}

std::uint64_t Objects::basic_size(std::uint64_t object) const {
  const auto type = word(object + layout_.object.type);
  const auto size = type ? word(*type + layout_.object.type_name + sizeof(std::uint64_t)) : std::nullopt;
  return size.value_or(0);
}

std::optional<std::uint64_t> Objects::size(std::uint64_t object) const {
  return word(object + layout_.object.size);
}

std::optional<std::string> Objects::text(std::uint64_t object) const {
  if (type_of(object) != "str") return std::nullopt;
  const auto length = word(object + layout_.object.text_length);
  const auto state = memory_.value<std::uint32_t>(object + layout_.object.text_state);
  if (!length || !state) return std::nullopt;
  const std::uint32_t flags = *state >> layout_.object.text_kind_bit;
  const std::uint32_t width = flags & 7;
  const bool compact = (flags & 8) != 0;
  const bool ascii = (flags & 16) != 0;
  // Others are made by subclasses and old extensions; no name of a function is one.
  if (!compact || (width != 1 && width != 2 && width != 4)) return std::nullopt;

  const std::size_t characters = std::min<std::uint64_t>(*length, kTextLimit);
  const std::uint64_t data = object + (ascii ? layout_.object.text_ascii : layout_.object.text_other);
  auto raw = bytes_at(data, characters * width);
  if (!raw || ascii) return raw;
  std::string result;
  for (std::size_t i = 0; i < characters; ++i) {
    std::uint32_t character = 0;
    std::memcpy(&character, raw->data() + i * width, width);  // little endian, as both machines are
    append_utf8(result, character);
  }
  return result;
}

std::optional<std::string> Objects::bytes(std::uint64_t object) const {
  if (type_of(object) != "bytes") return std::nullopt;
  const auto length = size(object);
  if (!length || *length > kBytesLimit) return std::nullopt;
  return bytes_at(object + layout_.object.bytes, *length);
}

}  // namespace kvtool::snapshot::python

#include "core/transfer/content.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <string_view>
#include <unordered_map>

namespace kvtool::transfer {
namespace {

constexpr std::uint64_t kTag =
    2;  // two bits that tell a code from other numbers, badly, but with the limits well
constexpr std::uint64_t kFirst = 0xbf58476d1ce4e5b9, kSecond = 0x94d049bb133111eb;
constexpr std::uint64_t kFirstInverse = 0x96de1b173f119089, kSecondInverse = 0x319642b2d24d8ec3;
static_assert(kFirst * kFirstInverse == 1 && kSecond * kSecondInverse == 1);

// The finaliser of splitmix64, a bijection: neighbours look nothing alike, and a code can be taken apart.
constexpr std::uint64_t scramble(std::uint64_t x) {
  x = (x ^ (x >> 30)) * kFirst;
  x = (x ^ (x >> 27)) * kSecond;
  return x ^ (x >> 31);
}
constexpr std::uint64_t unscramble(std::uint64_t x) {
  x = (x ^ (x >> 31) ^ (x >> 62)) * kSecondInverse;
  x = (x ^ (x >> 27) ^ (x >> 54)) * kFirstInverse;
  return x ^ (x >> 30) ^ (x >> 60);
}
static_assert(unscramble(scramble(0x0123456789abcdef)) == 0x0123456789abcdef);

struct Field {
  unsigned shift, bits;
  constexpr std::uint64_t put(std::uint64_t value) const {
    return (value & ((std::uint64_t{1} << bits) - 1)) << shift;
  }
  constexpr std::uint64_t get(std::uint64_t packed) const {
    return (packed >> shift) & ((std::uint64_t{1} << bits) - 1);
  }
};
constexpr Field kWord{0, 10}, kHead{10, 8}, kIndex{18, 26}, kLayer{44, 9}, kKv{53, 1}, kOwner{54, 8},
    kTagField{62, 2};

// The axes of a tensor from the outermost on: B blocks, S slots of a block, L layers, 2 K and V, H heads.
constexpr std::array<std::string_view, kFormats> kAxes = {"BL2SH", "2BSH", "B2SH", "BS",    "BSH",
                                                          "BS",    "2BHS", "B2HS", "BL2HS", "BSH"};

std::int64_t length_of(char axis, const Shape& shape) {
  switch (axis) {
    case 'B':
      return shape.blocks;
    case 'S':
      return shape.block_size;
    case 'L':
      return shape.layers;
    case 'H':
      return shape.heads;
    default:
      return 2;
  }
}

std::string row_name(const Shape& shape, const Position& at, std::string_view index_name) {
  std::string text = "layer " + std::to_string(at.layer);
  text.append(", ").append(index_name).append(" ").append(std::to_string(at.index));
  text.append(", head ").append(std::to_string(at.head));
  if (shape.kvs() == 2) text.append(at.kv == 0 ? " of K" : " of V");
  return text;
}

// What the eight bytes at `offset` of a head say.
std::string content_name(const Shape& shape, const unsigned char* head, std::int64_t offset) {
  if (offset / 8 * 8 + 8 <= shape.head_bytes()) {
    std::uint64_t code = 0;
    std::memcpy(&code, head + offset / 8 * 8, sizeof code);
    if (const auto at = position_of(code); at && at->layer < shape.layers && at->head < shape.heads)
      return row_name(shape, *at, "row").append(", owner ").append(std::to_string(at->owner));
  }
  return "byte " + std::to_string(head[offset]);
}

Difference describe(const Shape& shape, const Position& at, std::string_view index_name,
                    const unsigned char* found, const unsigned char* expected, std::int64_t in_head) {
  return {at, row_name(shape, at, index_name) + ", byte " + std::to_string(in_head) + ": found " +
                  content_name(shape, found, in_head) + "; expected " +
                  content_name(shape, expected, in_head)};
}

std::optional<std::int64_t> first_difference(const std::vector<unsigned char>& a,
                                             const std::vector<unsigned char>& b) {
  if (a == b) return std::nullopt;  // at the speed of memcmp
  return std::mismatch(a.begin(), a.end(), b.begin(), b.end()).first - a.begin();
}

}  // namespace

std::uint64_t code_of(const Position& position, std::uint32_t word) {
  return scramble(kWord.put(word) | kHead.put(position.head) |
                  kIndex.put(static_cast<std::uint64_t>(position.index)) | kLayer.put(position.layer) |
                  kKv.put(position.kv) | kOwner.put(position.owner) | kTagField.put(kTag));
}

std::optional<Position> position_of(std::uint64_t code) {
  const std::uint64_t packed = unscramble(code);
  if (kTagField.get(packed) != kTag) return std::nullopt;
  return Position{static_cast<std::uint32_t>(kOwner.get(packed)), static_cast<std::uint32_t>(kKv.get(packed)),
                  static_cast<std::uint32_t>(kLayer.get(packed)),
                  static_cast<std::int64_t>(kIndex.get(packed)),
                  static_cast<std::uint32_t>(kHead.get(packed))};
}

void write_head(unsigned char* head, std::size_t bytes, const Position& position) {
  for (std::size_t done = 0; done < bytes; done += 8) {
    const std::uint64_t code = code_of(position, static_cast<std::uint32_t>(done / 8));
    std::memcpy(head + done, &code, std::min<std::size_t>(8, bytes - done));
  }
}

Pages::Pages(const Shape& of) : shape(of), tensors(static_cast<std::size_t>(of.pointers())) {
  for (auto& tensor : tensors) tensor.resize(static_cast<std::size_t>(of.pointer_bytes()));
}

std::vector<unsigned char*> Pages::pointers() {
  std::vector<unsigned char*> all;
  for (auto& tensor : tensors) all.push_back(tensor.data());
  return all;
}

Position Pages::position_at(std::size_t tensor, std::int64_t offset) const {
  Position at;
  std::int64_t rest = offset / shape.head_bytes(), block = 0, slot = 0;
  const std::string_view axes = kAxes.at(static_cast<std::size_t>(shape.format));
  for (auto axis = axes.rbegin(); axis != axes.rend(); ++axis) {
    const std::int64_t value = rest % length_of(*axis, shape);
    rest /= length_of(*axis, shape);
    if (*axis == 'B') block = value;
    if (*axis == 'S') slot = value;
    if (*axis == 'L') at.layer = static_cast<std::uint32_t>(value);
    if (*axis == 'H') at.head = static_cast<std::uint32_t>(value);
    if (*axis == '2') at.kv = static_cast<std::uint32_t>(value);
  }
  at.index = block * shape.block_size + slot;
  if (is_one_tensor(shape.format)) return at;
  at.layer = static_cast<std::uint32_t>(tensor % static_cast<std::size_t>(shape.layers));
  if (has_two_lists(shape.format))
    at.kv = static_cast<std::uint32_t>(tensor / static_cast<std::size_t>(shape.layers));
  return at;
}

void Pages::fill(std::uint32_t owner) {
  const auto head = static_cast<std::size_t>(shape.head_bytes());
  for (std::size_t tensor = 0; tensor < tensors.size(); ++tensor)
    for (std::size_t offset = 0; offset < tensors[tensor].size(); offset += head) {
      Position at = position_at(tensor, static_cast<std::int64_t>(offset));
      at.owner = owner;
      write_head(&tensors[tensor][offset], head, at);
    }
}

Buffer::Buffer(const Shape& of, std::int64_t count)
    : shape(of), tokens(count), bytes(static_cast<std::size_t>(of.buffer_bytes(count))) {}

Position Buffer::position_at(std::int64_t offset) const {
  std::int64_t rest = offset / shape.head_bytes();
  Position at;
  at.head = static_cast<std::uint32_t>(rest % shape.heads);
  rest /= shape.heads;
  at.index = rest % tokens;
  rest /= tokens;
  at.layer = static_cast<std::uint32_t>(rest % shape.layers);
  at.kv = static_cast<std::uint32_t>(rest / shape.layers);
  return at;
}

void Buffer::fill(std::uint32_t owner) {
  const auto head = static_cast<std::size_t>(shape.head_bytes());
  for (std::size_t offset = 0; offset < bytes.size(); offset += head) {
    Position at = position_at(static_cast<std::int64_t>(offset));
    at.owner = owner;
    write_head(&bytes[offset], head, at);
  }
}

void expect_in_buffer(Buffer& buffer, std::span<const std::int64_t> slots, std::int64_t skip,
                      std::uint32_t owner) {
  const auto head = static_cast<std::size_t>(buffer.shape.head_bytes());
  for (std::size_t offset = 0; offset < buffer.bytes.size(); offset += head) {
    Position at = buffer.position_at(static_cast<std::int64_t>(offset));
    const std::int64_t slot = slots[static_cast<std::size_t>(at.index)];
    if (at.index < skip || slot < 0) continue;
    at.index = slot;
    at.owner = owner;
    write_head(&buffer.bytes[offset], head, at);
  }
}

void expect_in_pages(Pages& pages, std::span<const std::int64_t> slots, std::int64_t skip,
                     std::uint32_t owner) {
  std::unordered_map<std::int64_t, std::int64_t> token_of;  // by slot
  for (std::size_t token = static_cast<std::size_t>(skip); token < slots.size(); ++token)
    if (slots[token] >= 0) token_of[slots[token]] = static_cast<std::int64_t>(token);
  const auto head = static_cast<std::size_t>(pages.shape.head_bytes());
  for (std::size_t tensor = 0; tensor < pages.tensors.size(); ++tensor)
    for (std::size_t offset = 0; offset < pages.tensors[tensor].size(); offset += head) {
      Position at = pages.position_at(tensor, static_cast<std::int64_t>(offset));
      const auto token = token_of.find(at.index);
      if (token == token_of.end()) continue;
      at.index = token->second;
      at.owner = owner;
      write_head(&pages.tensors[tensor][offset], head, at);
    }
}

std::optional<Difference> find_difference(const Buffer& found, const Buffer& expected) {
  const auto offset = first_difference(found.bytes, expected.bytes);
  if (!offset) return std::nullopt;
  const std::int64_t in_head = *offset % found.shape.head_bytes(), head = *offset - in_head;
  return describe(found.shape, found.position_at(*offset), "token",
                  &found.bytes[static_cast<std::size_t>(head)],
                  &expected.bytes[static_cast<std::size_t>(head)], in_head);
}

std::optional<Difference> find_difference(const Pages& found, const Pages& expected) {
  for (std::size_t tensor = 0; tensor < found.tensors.size(); ++tensor) {
    const auto offset = first_difference(found.tensors[tensor], expected.tensors[tensor]);
    if (!offset) continue;
    const std::int64_t in_head = *offset % found.shape.head_bytes(), head = *offset - in_head;
    return describe(found.shape, found.position_at(tensor, *offset), "slot",
                    &found.tensors[tensor][static_cast<std::size_t>(head)],
                    &expected.tensors[tensor][static_cast<std::size_t>(head)], in_head);
  }
  return std::nullopt;
}

}  // namespace kvtool::transfer

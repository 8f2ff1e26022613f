// Content that says where it belongs: every eight bytes of a cache are a code of their position, so that
// wrong bytes tell which row they came from. The order of a format's dimensions is written here a second
// time, as a list of axes, on purpose: what moves bytes is not what checks them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/transfer/layout.h"
#include "core/transfer/shape.h"

namespace kvtool::transfer {

// A head of one row. In the pages `index` is a slot, in the buffer a token.
struct Position {
  std::uint32_t owner = 0;  // whose content: 0 to 255
  std::uint32_t kv = 0;
  std::uint32_t layer = 0;  // below 512
  std::int64_t index = 0;   // below 2^26
  std::uint32_t head = 0;   // below 256

  friend bool operator==(const Position&, const Position&) = default;
};

// The code of the eight bytes number `word` of a head; words below 1,024.
std::uint64_t code_of(const Position& position, std::uint32_t word);
// The position that a code says, or nothing for a number that is no code.
std::optional<Position> position_of(std::uint64_t code);

void write_head(unsigned char* head, std::size_t bytes, const Position& position);

// A tensor of the pages and a buffer, as bytes on the host.
struct Pages {
  Shape shape;
  std::vector<std::vector<unsigned char>> tensors;

  explicit Pages(const Shape& of);
  std::vector<unsigned char*> pointers();
  // Where the head that has byte `offset` of a tensor belongs.
  Position position_at(std::size_t tensor, std::int64_t offset) const;
  // Every head gets the code of its position.
  void fill(std::uint32_t owner);
};

struct Buffer {
  Shape shape;
  std::int64_t tokens;
  std::vector<unsigned char> bytes;

  Buffer(const Shape& of, std::int64_t count);
  Position position_at(std::int64_t offset) const;
  void fill(std::uint32_t owner);
};

// What a right transfer leaves, told from the positions alone; the other side stays as it is.
// REQUIRES: the pages (the buffer) were filled by `owner`; slots are in range.
void expect_in_buffer(Buffer& buffer, std::span<const std::int64_t> slots, std::int64_t skip,
                      std::uint32_t owner);
void expect_in_pages(Pages& pages, std::span<const std::int64_t> slots, std::int64_t skip,
                     std::uint32_t owner);

// The first byte that differs: "layer 3, token 17, head 2 of K, byte 0: found slot 18's of layer 3, head 2,
// K; expected slot 17's ...".
struct Difference {
  Position at;
  std::string message;
};
std::optional<Difference> find_difference(const Buffer& found, const Buffer& expected);
std::optional<Difference> find_difference(const Pages& found, const Pages& expected);

}  // namespace kvtool::transfer

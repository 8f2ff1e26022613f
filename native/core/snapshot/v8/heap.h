// Heap: V8's objects in the memory of a target. Nothing read is trusted: an object is what its map says, a
// map is what its own map says, and whatever is not readable is no object.
//
// A word is a small integer (in its upper half), an object (its address plus 1) or a weak reference to one
// (plus 3). Official builds of Node do not compress pointers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "core/snapshot/memory.h"
#include "core/snapshot/v8/layout.h"

namespace kvtool::snapshot::v8 {

using Word = std::uint64_t;

class Heap {
 public:
  // Both must outlive the heap.
  Heap(const Memory& memory, const Layout& layout) : memory_(memory), layout_(layout) {}

  const Memory& memory() const { return memory_; }
  const Layout& layout() const { return layout_; }
  const Constants& constants() const { return *layout_.constants; }

  static bool is_object(Word word) { return (word & 3) == 1; }
  static std::optional<std::int32_t> integer(Word word);
  static Word without_weakness(Word word) { return (word & 3) == 3 ? word & ~Word{2} : word; }

  // The word at an offset of an object; 0, which is no object, when it cannot be read.
  Word field(Word object, int offset) const;
  std::optional<std::int32_t> integer_field(Word object, int offset) const;
  template <typename T>
  std::optional<T> raw_field(Word object, int offset) const {
    if (!is_object(object)) return std::nullopt;
    return memory_.value<T>(address(object, offset));
  }

  // Instance type, or -1.
  int type(Word object) const;
  bool is(Word object, int instance_type) const { return type(object) == instance_type; }
  bool is_function(Word object) const;
  bool is_byte_array(Word object) const;
  // Is it the map of the objects of that type?
  bool is_map_of(Word map, int instance_type) const;

  // Arrays. Of a length that cannot be, the length is 0.
  std::size_t length(Word array) const;
  Word element(Word array, std::size_t index) const;
  std::vector<std::byte> byte_array(Word array) const;

 private:
  static std::uint64_t address(Word object, int offset) {
    return object - 1 + static_cast<std::uint64_t>(static_cast<std::int64_t>(offset));
  }

  const Memory& memory_;
  const Layout& layout_;
};

}  // namespace kvtool::snapshot::v8

// Objects: Python objects of the target, as their fields in its memory show them. Every length is bounded and
// every pointer may be garbage: what does not fit gives nullopt.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "core/snapshot/memory.h"
#include "core/snapshot/python/layouts.h"

namespace kvtool::snapshot::python {

class Objects {
 public:
  // Both must outlive it.
  Objects(const Memory& memory, const Layout& layout) : memory_(memory), layout_(layout) {}

  const Layout& layout() const { return layout_; }
  std::optional<std::uint64_t> word(std::uint64_t address) const {
    return memory_.value<std::uint64_t>(address);
  }
  std::optional<std::int32_t> integer(std::uint64_t address) const {
    return memory_.value<std::int32_t>(address);
  }
  std::optional<std::uint8_t> byte(std::uint64_t address) const {
    return memory_.value<std::uint8_t>(address);
  }
  // `length` bytes, all of them.
  std::optional<std::string> bytes_at(std::uint64_t address, std::size_t length) const;
  // Up to its NUL, at most `limit` bytes.
  std::optional<std::string> c_string(std::uint64_t address, std::size_t limit) const;

  // The name of an object's type, such as `code`; empty when this is no object.
  std::string_view type_of(std::uint64_t object) const;
  // How long the objects of its type are, without a variable part.
  std::uint64_t basic_size(std::uint64_t object) const;
  // Items of a tuple, bytes of a bytes object.
  std::optional<std::uint64_t> size(std::uint64_t object) const;
  // The value of a str, in UTF-8; of a long one the beginning.
  std::optional<std::string> text(std::uint64_t object) const;
  // The value of a bytes object.
  std::optional<std::string> bytes(std::uint64_t object) const;

 private:
  const Memory& memory_;
  const Layout& layout_;
  mutable std::unordered_map<std::uint64_t, std::string> type_names_;  // by type
};

}  // namespace kvtool::snapshot::python

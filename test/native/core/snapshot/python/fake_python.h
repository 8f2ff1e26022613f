// FakePython: Python objects in fake memory, laid out as a minor version does.
#pragma once

#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <map>
#include <string>
#include <utility>

#include "../fake_memory.h"
#include "core/snapshot/python/layouts.h"

namespace kvtool::snapshot::python {

class FakePython {
 public:
  explicit FakePython(int minor) : layout(*layout_of(minor)) {}

  std::uint64_t allocate(std::size_t bytes) {
    const std::uint64_t address = next_;
    for (std::size_t i = 0; i < bytes; i += 8) memory.put<std::uint64_t>(address + i, 0);
    next_ += bytes + 64;
    next_ -= next_ % 16;
    return address;
  }
  void word(std::uint64_t address, std::uint64_t value) { memory.put(address, value); }
  void integer(std::uint64_t address, std::int32_t value) { memory.put(address, value); }
  void string(std::uint64_t address, const std::string& value) {
    for (std::size_t i = 0; i <= value.size(); ++i) memory.put(address + i, value.c_str()[i]);
  }

  std::uint64_t type(const std::string& name, std::uint64_t basic_size = 0) {
    if (const auto known = types_.find(name); known != types_.end()) return known->second;
    const std::uint64_t text_address = allocate(name.size() + 1);
    string(text_address, name);
    const std::uint64_t address = allocate(64);
    word(address + layout.object.type_name, text_address);
    word(address + layout.object.type_name + 8, basic_size);
    return types_[name] = address;
  }
  std::uint64_t object(const std::string& type_name, std::size_t bytes, std::uint64_t basic_size = 0) {
    const std::uint64_t of = type(type_name, basic_size);
    const std::uint64_t address = allocate(bytes);
    word(address + layout.object.type, of);
    return address;
  }
  std::uint64_t text(const std::string& ascii) {
    constexpr std::uint32_t kAsciiCompactBytes = 1 | 8 | 16;
    const std::uint64_t address = object("str", 80 + ascii.size());
    word(address + layout.object.text_length, ascii.size());
    memory.put(address + layout.object.text_state, kAsciiCompactBytes << layout.object.text_kind_bit);
    string(address + layout.object.text_ascii, ascii);
    return address;
  }
  std::uint64_t bytes(const std::string& value) {
    const std::uint64_t address = object("bytes", 40 + value.size());
    word(address + layout.object.size, value.size());
    string(address + layout.object.bytes, value);
    return address;
  }
  // A code object of 8 instructions, all on its first line.
  std::uint64_t code(const std::string& name, int first_line) {
    const std::uint64_t address = object("code", 256);
    word(address + layout.code.name, text(name));
    word(address + layout.code.file, text("program.py"));
    integer(address + layout.code.first_line, first_line);
    const bool has_columns = layout.line_style == LineStyle::locations;
    word(address + layout.code.line_table,
         bytes(has_columns ? std::string("\xef\x00", 2) : std::string("\x10\x00", 2)));
    integer(address + layout.code.locals, 1);
    integer(address + layout.code.stack_size, 2);
    if (layout.code.exception_table != kNone) word(address + layout.code.exception_table, bytes(""));
    if (layout.code.instructions != kNone) word(address + layout.object.size, 8);
    return address;
  }
  // A frame at its third instruction.
  std::uint64_t frame(std::uint64_t of_code, std::uint64_t previous, std::uint8_t entry = 0) {
    const std::uint64_t address = allocate(400);
    word(address + layout.frame.code, of_code);
    word(address + layout.frame.previous, previous);
    if (layout.code.instructions != kNone)
      word(address + layout.frame.instruction, of_code + layout.code.instructions + 4);
    if (layout.frame.entry != kNone) memory.put(address + layout.frame.entry, entry);
    return address;
  }

  const Layout layout;
  FakeMemory memory;

 private:
  std::uint64_t next_ = 0x10000;
  std::map<std::string, std::uint64_t> types_;
};

}  // namespace kvtool::snapshot::python

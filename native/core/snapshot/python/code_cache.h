// CodeCache: code objects, read once. They do not change, and those of running functions do not go away.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>

#include "core/snapshot/process_dump.h"
#include "core/snapshot/python/objects.h"

namespace kvtool::snapshot::python {

struct Code {
  std::string function;
  std::string file;
  int first_line = 0;
  std::string line_table;
  std::string exception_table;          // 3.11 on
  std::uint64_t instructions = 0;       // 3.11 on: their address
  std::uint64_t instruction_bytes = 0;  // 3.11 on
  std::uint32_t locals = 0;             // slots before the value stack
  std::uint32_t stack_size = 0;
};

class CodeCache {
 public:
  explicit CodeCache(const Objects& objects) : objects_(objects) {}

  // Null when there is no code object at that address.
  const Code* find(std::uint64_t address);
  // The offset of an instruction in bytes, from what a frame says about it.
  std::optional<std::uint64_t> offset(const Code& code, std::uint64_t instruction) const;
  // REQUIRES: find(code) != nullptr.
  Frame frame(std::uint64_t code, std::uint64_t instruction);

 private:
  std::optional<Code> read(std::uint64_t address) const;

  const Objects& objects_;
  std::unordered_map<std::uint64_t, std::optional<Code>> known_;
};

}  // namespace kvtool::snapshot::python

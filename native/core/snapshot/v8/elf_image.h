// ElfImage: what finding V8 in a process takes of an ELF file. Everything is in sections that `strip` leaves:
// exported symbols, loaded bytes and unwind information.
#pragma once

#include <libelf.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "core/snapshot/unique_fd.h"
#include "core/snapshot/unwind_table.h"

namespace kvtool::snapshot::v8 {

struct ElfSymbol {
  std::string_view name;
  std::uint64_t address;
  std::uint64_t bytes;
  bool is_function;
};

class ElfImage {
 public:
  // A file that is no ELF file of this machine or is damaged gives an image without anything in it.
  explicit ElfImage(UniqueFd file);

  // Every symbol of .dynsym that the file defines.
  void visit_exports(const std::function<void(const ElfSymbol&)>& visit) const;
  // The bytes that the file holds for `address`, up to `count`. Empty for memory that starts as zeros.
  std::span<const std::byte> bytes(std::uint64_t address, std::size_t count) const;
  // Where in the file the byte loaded at `address` is.
  std::optional<std::uint64_t> offset_of(std::uint64_t address) const;
  // The file's list of functions.
  UnwindTable unwind_table() const { return UnwindTable(elf_.get()); }
  // Lowest address that is loaded, as linked.
  std::uint64_t lowest_address() const;

 private:
  struct Segment {
    std::uint64_t offset;
    std::uint64_t bytes;
    std::uint64_t address;
  };

  UniqueFd file_;
  std::unique_ptr<Elf, int (*)(Elf*)> elf_;
  std::vector<Segment> segments_;
};

}  // namespace kvtool::snapshot::v8

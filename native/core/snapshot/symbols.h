// Names for addresses. SymbolTable holds the functions of one ELF file in address order; Symbolizer finds the
// file of an address of the target, loads its table on first use, and remembers every answer: the 5,000
// frames of a big process come from some 50 distinct addresses.
#pragma once

#include <libelf.h>

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "core/snapshot/address_map.h"
#include "core/snapshot/process_dump.h"
#include "core/snapshot/process_view.h"

namespace kvtool::snapshot {

class SymbolTable {
 public:
  // Reads .symtab; when there is none, that of the debug file that belongs to it, if `path` (where the file
  // is mapped from) is given and there is one (debug_files.h); else .dynsym. A file that is no ELF file or is
  // damaged gives an empty table.
  explicit SymbolTable(UniqueFd file, const std::string& path = {});

  // The linker's name (mangled, without a version) of the function whose code is at that offset of the file.
  std::optional<std::string_view> find(std::uint64_t file_offset) const;
  std::size_t size() const { return functions_.size(); }

 private:
  struct Function {
    std::uint64_t address;
    std::uint64_t bytes;  // 0: the assembler did not say
    std::uint32_t name;
  };
  struct Segment {
    std::uint64_t offset;
    std::uint64_t bytes;
    std::uint64_t address;
  };

  struct ElfFile {
    UniqueFd fd;
    std::unique_ptr<Elf, int (*)(Elf*)> elf{nullptr, elf_end};

    bool open(UniqueFd file);
  };

  void read_segments();
  void read_functions(const ElfFile& from, std::uint32_t section_type);
  std::string_view name_of(const Function& function) const;
  // Of functions with one address (aliases), the name that people know: `read`, not `__libc_read`.
  std::string_view best_name(std::size_t index) const;

  ElfFile own_;
  ElfFile debug_;
  Elf* names_elf_ = nullptr;  // one of the two: the strings of the functions are its
  std::size_t names_section_ = 0;
  std::vector<Segment> segments_;
  std::vector<Function> functions_;  // by address
};

// `_ZN3fooEv` -> `foo()`. Anything else is returned as it is. At most 1 KiB.
std::string demangle(std::string_view name);

class Symbolizer {
 public:
  // Both must outlive the symbolizer.
  Symbolizer(const ProcessView& target, const AddressMap& map) : target_(target), map_(map) {}

  // `lookup` is the address to search by, `pc` the one to show.
  Frame frame(std::uint64_t pc, std::uint64_t lookup);
  // Modules that frames lie in but whose file could not be opened.
  const std::set<std::string>& unreadable() const { return unreadable_; }

 private:
  const SymbolTable* table_of(const Mapping& mapping);

  const ProcessView& target_;
  const AddressMap& map_;
  // By inode and path: a file that was replaced and loaded again is two files with one path.
  std::map<std::pair<std::uint64_t, std::string>, SymbolTable> tables_;
  std::set<std::string> unreadable_;
  std::unordered_map<std::uint64_t, Frame> frames_;  // by lookup address
};

}  // namespace kvtool::snapshot

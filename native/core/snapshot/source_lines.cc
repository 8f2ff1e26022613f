#include "core/snapshot/source_lines.h"

#include <dwarf.h>
#include <gelf.h>

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "core/snapshot/debug_files.h"
#include "core/snapshot/symbols.h"

namespace kvtool::snapshot {
namespace {

// Functions and blocks within each other deeper than this are a damaged file.
constexpr int kScopeLimit = 256;

struct Place {
  std::string file = {};
  int line = 0;
  int column = 0;
};

// The address that the linker gave to a byte of the file.
std::optional<std::uint64_t> linked_address(Elf* elf, std::uint64_t offset) {
  std::size_t count = 0;
  if (elf == nullptr || elf_getphdrnum(elf, &count) != 0) return std::nullopt;
  for (std::size_t i = 0; i < count; ++i) {
    GElf_Phdr segment;
    if (gelf_getphdr(elf, static_cast<int>(i), &segment) == nullptr || segment.p_type != PT_LOAD) continue;
    if (offset >= segment.p_offset && offset - segment.p_offset < segment.p_filesz)
      return offset - segment.p_offset + segment.p_vaddr;
  }
  return std::nullopt;
}

bool find_unit(Dwarf* dwarf, std::uint64_t address, Dwarf_Die& unit) {
  if (dwarf_addrdie(dwarf, address, &unit) != nullptr) return true;
  // Not every compiler writes the table that this goes by.
  Dwarf_CU* each = nullptr;
  std::uint8_t type = 0;
  while (dwarf_get_units(dwarf, each, &each, nullptr, &type, &unit, nullptr) == 0)
    if (type == DW_UT_compile && dwarf_haspc(&unit, address) == 1) return true;
  return false;
}

Place place_of(Dwarf_Die& unit, std::uint64_t address) {
  Place place;
  Dwarf_Line* line = dwarf_getsrc_die(&unit, address);
  if (line == nullptr) return place;
  if (const char* file = dwarf_linesrc(line, nullptr, nullptr); file != nullptr) place.file = file;
  dwarf_lineno(line, &place.line);
  dwarf_linecol(line, &place.column);
  return place;
}

int number_of(Dwarf_Die& die, unsigned attribute) {
  Dwarf_Attribute found;
  Dwarf_Word value = 0;
  if (dwarf_attr(&die, attribute, &found) == nullptr || dwarf_formudata(&found, &value) != 0) return 0;
  return static_cast<int>(std::min<Dwarf_Word>(value, INT32_MAX));
}

// Where an inlined function was called.
Place place_of_call(Dwarf_Die& unit, Dwarf_Die& inlined) {
  Place place{.line = number_of(inlined, DW_AT_call_line), .column = number_of(inlined, DW_AT_call_column)};
  Dwarf_Files* files = nullptr;
  std::size_t count = 0;
  if (dwarf_getsrcfiles(&unit, &files, &count) != 0) return place;
  const auto index = static_cast<std::size_t>(number_of(inlined, DW_AT_call_file));
  if (index >= count) return place;
  if (const char* file = dwarf_filesrc(files, index, nullptr, nullptr); file != nullptr) place.file = file;
  return place;
}

std::string name_of(Dwarf_Die& die) {
  Dwarf_Attribute found;
  for (const unsigned attribute : {DW_AT_linkage_name, DW_AT_MIPS_linkage_name})
    if (dwarf_attr_integrate(&die, attribute, &found) != nullptr)
      if (const char* name = dwarf_formstring(&found); name != nullptr) return demangle(name);
  const char* name = dwarf_diename(&die);
  return name == nullptr ? "" : name;
}

// From the innermost one that an address is in, outwards. What dwarf_getscopes says of inlined functions goes
// on where they were written, not where they were called: only its first is of use.
std::vector<Dwarf_Die> scopes_at(Dwarf_Die& unit, std::uint64_t address) {
  using Scopes = std::unique_ptr<Dwarf_Die, void (*)(void*)>;
  Dwarf_Die* found = nullptr;
  const int any = dwarf_getscopes(&unit, address, &found);
  const Scopes written(found, std::free);
  if (any <= 0) return {};
  Dwarf_Die* outwards = nullptr;
  const int count = dwarf_getscopes_die(written.get(), &outwards);
  const Scopes called(outwards, std::free);
  if (count <= 0) return {};
  return {outwards, outwards + std::min(count, kScopeLimit)};
}

void put(Frame& frame, const Place& place) {
  frame.file = place.file;
  if (place.line > 0) frame.line = place.line;
  if (place.column > 0) frame.column = place.column;
}

}  // namespace

void SourceLines::open(const Mapping& mapping, DebugFile& file) const {
  file.own = process_.open_mapped(mapping);
  if (!file.own || elf_version(EV_CURRENT) == EV_NONE) return;
  file.elf.reset(elf_begin(file.own.get(), ELF_C_READ_MMAP, nullptr));
  if (file.elf == nullptr || elf_kind(file.elf.get()) != ELF_K_ELF) return;
  file.dwarf.reset(dwarf_begin_elf(file.elf.get(), DWARF_C_READ, nullptr));
  if (file.dwarf != nullptr) return;
  file.separate = open_debug_file(file.elf.get(), mapping.path);
  if (file.separate) file.dwarf.reset(dwarf_begin(file.separate.get(), DWARF_C_READ));
}

SourceLines::DebugFile& SourceLines::debug_file(const Mapping& mapping) {
  const auto [found, fresh] = files_.try_emplace(std::pair(mapping.inode, mapping.path));
  if (fresh) open(mapping, found->second);
  return found->second;
}

std::vector<Frame> SourceLines::read(const Frame& frame) {
  const Mapping* mapping = map_.find(frame.lookup);
  if (mapping == nullptr || !mapping->path.starts_with('/')) return {frame};
  DebugFile& file = debug_file(*mapping);
  if (file.dwarf == nullptr) return {frame};
  const auto address = linked_address(file.elf.get(), frame.lookup - mapping->start + mapping->offset);
  Dwarf_Die unit;
  if (!address || !find_unit(file.dwarf.get(), *address, unit)) return {frame};

  std::vector<Frame> frames;
  Frame machine = frame;
  Place place = place_of(unit, *address);
  for (Dwarf_Die& scope : scopes_at(unit, *address)) {
    const int tag = dwarf_tag(&scope);
    if (tag == DW_TAG_subprogram && machine.function.empty()) machine.function = name_of(scope);
    if (tag == DW_TAG_subprogram) break;
    if (tag != DW_TAG_inlined_subroutine) continue;
    Frame& inlined = frames.emplace_back(
        Frame{.pc = frame.pc, .function = name_of(scope), .module = frame.module, .lookup = frame.lookup});
    inlined.inlined = true;
    put(inlined, place);
    place = place_of_call(unit, scope);
  }
  put(machine, place);
  frames.push_back(std::move(machine));
  return frames;
}

const std::vector<Frame>& SourceLines::expand(const Frame& frame) {
  const auto [found, fresh] = known_.try_emplace(frame.lookup);
  if (fresh) found->second = read(frame);
  return found->second;
}

void SourceLines::add_to(std::vector<Frame>& frames, const Deadline& deadline) {
  std::vector<Frame> result;
  for (Frame& frame : frames) {
    if (frame.runtime != Runtime::native || frame.lookup == 0 || !frame.file.empty() || deadline.passed()) {
      result.push_back(std::move(frame));
      continue;
    }
    for (const Frame& part : expand(frame)) {
      result.push_back(part);
      result.back().pc = frame.pc;
    }
  }
  frames = std::move(result);
}

}  // namespace kvtool::snapshot

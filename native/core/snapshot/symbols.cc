#include "core/snapshot/symbols.h"

#include <cxxabi.h>
#include <gelf.h>

#include <algorithm>
#include <cstdlib>
#include <tuple>
#include <utility>

#include "core/snapshot/debug_files.h"

namespace kvtool::snapshot {
namespace {

// 20 times what the largest library known to us has (libtorch_cuda, 200,000): a damaged header must not make
// us reserve memory for what it claims.
constexpr std::size_t kFunctionLimit = 4'000'000;
constexpr std::size_t kAliasLimit = 16;
// A function may lie inside another's range (hand-written assembly); look so far back for one that covers.
constexpr std::size_t kOverlapLimit = 8;
constexpr std::size_t kMangledLimit = 8192;
constexpr std::size_t kNameLimit = 1024;

std::size_t leading_underscores(std::string_view name) {
  return std::min(name.find_first_not_of('_'), name.size());
}

}  // namespace

bool SymbolTable::ElfFile::open(UniqueFd file) {
  fd = std::move(file);
  if (!fd) return false;
  elf.reset(elf_begin(fd.get(), ELF_C_READ_MMAP, nullptr));
  return elf != nullptr && elf_kind(elf.get()) == ELF_K_ELF;
}

SymbolTable::SymbolTable(UniqueFd file, const std::string& path) {
  if (elf_version(EV_CURRENT) == EV_NONE || !own_.open(std::move(file))) return;
  read_segments();
  read_functions(own_, SHT_SYMTAB);
  if (functions_.empty() && !path.empty() && debug_.open(open_debug_file(own_.elf.get(), path)))
    read_functions(debug_, SHT_SYMTAB);
  if (functions_.empty()) read_functions(own_, SHT_DYNSYM);
  std::sort(functions_.begin(), functions_.end(),
            [](const Function& a, const Function& b) { return a.address < b.address; });
}

void SymbolTable::read_segments() {
  std::size_t count = 0;
  if (elf_getphdrnum(own_.elf.get(), &count) != 0) return;
  for (std::size_t i = 0; i < count; ++i) {
    GElf_Phdr header;
    if (gelf_getphdr(own_.elf.get(), static_cast<int>(i), &header) == nullptr) continue;
    if (header.p_type != PT_LOAD || (header.p_flags & PF_X) == 0) continue;
    segments_.push_back({.offset = header.p_offset, .bytes = header.p_filesz, .address = header.p_vaddr});
  }
}

void SymbolTable::read_functions(const ElfFile& from, std::uint32_t section_type) {
  Elf* const elf = from.elf.get();
  for (Elf_Scn* section = elf_nextscn(elf, nullptr); section != nullptr;
       section = elf_nextscn(elf, section)) {
    GElf_Shdr header;
    if (gelf_getshdr(section, &header) == nullptr || header.sh_type != section_type) continue;
    Elf_Data* data = elf_getdata(section, nullptr);
    const std::size_t entry = gelf_fsize(elf, ELF_T_SYM, 1, EV_CURRENT);
    if (data == nullptr || entry == 0) continue;
    names_elf_ = elf;
    names_section_ = header.sh_link;
    const std::size_t count = std::min(data->d_size / entry, kFunctionLimit);
    for (std::size_t i = 0; i < count; ++i) {
      GElf_Sym symbol;
      if (gelf_getsym(data, static_cast<int>(i), &symbol) == nullptr) break;
      const int type = GELF_ST_TYPE(symbol.st_info);
      if (type != STT_FUNC && type != STT_GNU_IFUNC) continue;
      if (symbol.st_shndx == SHN_UNDEF || symbol.st_value == 0) continue;
      functions_.push_back({.address = symbol.st_value, .bytes = symbol.st_size, .name = symbol.st_name});
    }
    return;
  }
}

std::optional<std::string_view> SymbolTable::find(std::uint64_t file_offset) const {
  const auto segment = std::find_if(segments_.begin(), segments_.end(), [&](const Segment& s) {
    return file_offset >= s.offset && file_offset - s.offset < s.bytes;
  });
  if (segment == segments_.end()) return std::nullopt;
  const std::uint64_t address = file_offset - segment->offset + segment->address;

  const auto after =
      std::upper_bound(functions_.begin(), functions_.end(), address,
                       [](std::uint64_t wanted, const Function& f) { return wanted < f.address; });
  const auto nearest = static_cast<std::size_t>(after - functions_.begin());
  for (std::size_t back = 1; back <= std::min(nearest, kOverlapLimit); ++back) {
    const Function& function = functions_[nearest - back];
    const bool covers = address - function.address < function.bytes;
    const bool unsized = function.bytes == 0 && function.address == functions_[nearest - 1].address;
    if (!covers && !unsized) continue;
    const std::string_view name = best_name(nearest - back);
    if (!name.empty()) return name;
  }
  return std::nullopt;
}

std::string_view SymbolTable::name_of(const Function& function) const {
  // Checks that the offset lies in the section and that the string ends there.
  const char* name = elf_strptr(names_elf_, names_section_, function.name);
  if (name == nullptr) return {};
  const std::string_view text = name;
  return text.substr(0, text.find('@'));  // the version: memcpy@@GLIBC_2.14
}

std::string_view SymbolTable::best_name(std::size_t index) const {
  const std::uint64_t address = functions_[index].address;
  std::string_view best = name_of(functions_[index]);
  const auto consider = [&](const Function& alias) {
    const std::string_view name = name_of(alias);
    if (name.empty()) return;
    // glibc's own calls to itself go by `__GI_`, which only its debug file tells.
    const auto rank = [](std::string_view n) {
      return std::tuple(n.starts_with("__GI_"), leading_underscores(n), n);
    };
    if (best.empty() || rank(name) < rank(best)) best = name;
  };
  for (std::size_t i = index; i-- > 0 && index - i <= kAliasLimit && functions_[i].address == address;)
    consider(functions_[i]);
  for (std::size_t i = index + 1;
       i < functions_.size() && i - index <= kAliasLimit && functions_[i].address == address; ++i)
    consider(functions_[i]);
  return best;
}

std::string demangle(std::string_view name) {
  std::string text(name.substr(0, kMangledLimit));
  if (text.starts_with("_Z")) {
    int status = 0;
    const std::unique_ptr<char, void (*)(void*)> readable(
        abi::__cxa_demangle(text.c_str(), nullptr, nullptr, &status), std::free);
    if (status == 0 && readable != nullptr) text = readable.get();
  }
  if (text.size() > kNameLimit) text.resize(kNameLimit);
  return text;
}

Frame Symbolizer::frame(std::uint64_t pc, std::uint64_t lookup) {
  const auto known = frames_.find(lookup);
  if (known != frames_.end()) {
    Frame frame = known->second;
    frame.pc = pc;
    return frame;
  }
  Frame frame{.pc = pc, .lookup = lookup};
  if (const Mapping* mapping = map_.find(lookup); mapping != nullptr && !mapping->path.empty()) {
    frame.module = base_name(mapping->path);
    const SymbolTable* table = table_of(*mapping);
    const auto name =
        table == nullptr ? std::nullopt : table->find(lookup - mapping->start + mapping->offset);
    if (name) frame.function = demangle(*name);
  }
  frames_.emplace(lookup, frame);
  return frame;
}

const SymbolTable* Symbolizer::table_of(const Mapping& mapping) {
  if (!mapping.path.starts_with('/')) return nullptr;  // [vdso], [stack]
  const std::pair key(mapping.inode, mapping.path);
  const auto known = tables_.find(key);
  if (known != tables_.end()) return &known->second;
  UniqueFd file = target_.open_mapped(mapping);
  if (!file) unreadable_.emplace(base_name(mapping.path));
  return &tables_.emplace(key, SymbolTable(std::move(file), mapping.path)).first->second;
}

}  // namespace kvtool::snapshot

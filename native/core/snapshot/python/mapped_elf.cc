#include "core/snapshot/python/mapped_elf.h"

#include <algorithm>
#include <utility>

namespace kvtool::snapshot::python {
namespace {

// Ten times the largest CPython known to us: a damaged header must not keep us busy for what it claims.
constexpr std::size_t kSymbolLimit = 200'000;
constexpr std::uint64_t kPage = 4096;

}  // namespace

MappedElf::MappedElf(UniqueFd file, const Mapping& first) : file_(std::move(file)), elf_(nullptr, elf_end) {
  if (!file_ || elf_version(EV_CURRENT) == EV_NONE) return;
  std::unique_ptr<Elf, int (*)(Elf*)> elf(elf_begin(file_.get(), ELF_C_READ_MMAP, nullptr), elf_end);
  std::size_t count = 0;
  if (elf == nullptr || elf_kind(elf.get()) != ELF_K_ELF || elf_getphdrnum(elf.get(), &count) != 0) return;
  for (std::size_t i = 0; i < count; ++i) {
    GElf_Phdr header;
    if (gelf_getphdr(elf.get(), static_cast<int>(i), &header) == nullptr || header.p_type != PT_LOAD)
      continue;
    // The kernel maps whole pages.
    const std::uint64_t lead = header.p_offset % kPage;
    if (header.p_offset - lead != first.offset) continue;
    bias_ = first.start - (header.p_vaddr - lead);
    elf_ = std::move(elf);
    return;
  }
}

std::optional<std::uint64_t> MappedElf::symbol(std::string_view name) const {
  if (elf_ == nullptr) return std::nullopt;
  Elf_Scn* section = nullptr;
  while ((section = elf_nextscn(elf_.get(), section)) != nullptr) {
    GElf_Shdr header;
    if (gelf_getshdr(section, &header) != nullptr && header.sh_type == SHT_DYNSYM)
      return find(section, header, name);
  }
  return std::nullopt;
}

std::optional<std::uint64_t> MappedElf::find(Elf_Scn* section, const GElf_Shdr& header,
                                             std::string_view name) const {
  Elf_Data* data = elf_getdata(section, nullptr);
  const std::size_t entry = gelf_fsize(elf_.get(), ELF_T_SYM, 1, EV_CURRENT);
  if (data == nullptr || entry == 0) return std::nullopt;
  const std::size_t count = std::min(data->d_size / entry, kSymbolLimit);
  for (std::size_t i = 0; i < count; ++i) {
    GElf_Sym symbol;
    if (gelf_getsym(data, static_cast<int>(i), &symbol) == nullptr) break;
    if (symbol.st_shndx == SHN_UNDEF || GELF_ST_TYPE(symbol.st_info) != STT_OBJECT) continue;
    const char* text = elf_strptr(elf_.get(), header.sh_link, symbol.st_name);
    if (text != nullptr && name == text) return moved(symbol.st_value);
  }
  return std::nullopt;
}

std::optional<std::uint64_t> MappedElf::section(std::string_view name) const {
  std::size_t names = 0;
  if (elf_ == nullptr || elf_getshdrstrndx(elf_.get(), &names) != 0) return std::nullopt;
  Elf_Scn* section = nullptr;
  while ((section = elf_nextscn(elf_.get(), section)) != nullptr) {
    GElf_Shdr header;
    if (gelf_getshdr(section, &header) == nullptr || header.sh_addr == 0) continue;
    const char* text = elf_strptr(elf_.get(), names, header.sh_name);
    if (text != nullptr && name == text) return moved(header.sh_addr);
  }
  return std::nullopt;
}

}  // namespace kvtool::snapshot::python

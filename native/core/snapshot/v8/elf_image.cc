#include "core/snapshot/v8/elf_image.h"

#include <gelf.h>

#include <algorithm>

namespace kvtool::snapshot::v8 {
namespace {

int end_elf(Elf* elf) { return elf_end(elf); }

#if defined(__x86_64__)
constexpr int kMachine = EM_X86_64;
#elif defined(__aarch64__)
constexpr int kMachine = EM_AARCH64;
#endif

// A damaged header must not make us loop over what it claims. Node exports 94,000 symbols.
constexpr std::size_t kSymbolLimit = 4'000'000;
constexpr std::uint64_t kPage = 4096;

}  // namespace

ElfImage::ElfImage(UniqueFd file) : file_(std::move(file)), elf_(nullptr, end_elf) {
  if (!file_ || elf_version(EV_CURRENT) == EV_NONE) return;
  elf_.reset(elf_begin(file_.get(), ELF_C_READ_MMAP, nullptr));
  GElf_Ehdr header;
  if (elf_ == nullptr || elf_kind(elf_.get()) != ELF_K_ELF || gelf_getehdr(elf_.get(), &header) == nullptr ||
      header.e_machine != kMachine || header.e_ident[EI_CLASS] != ELFCLASS64) {
    elf_.reset();
    return;
  }
  std::size_t count = 0;
  if (elf_getphdrnum(elf_.get(), &count) != 0) return;
  for (std::size_t i = 0; i < count; ++i) {
    GElf_Phdr segment;
    if (gelf_getphdr(elf_.get(), static_cast<int>(i), &segment) == nullptr) continue;
    if (segment.p_type != PT_LOAD) continue;
    segments_.push_back({.offset = segment.p_offset, .bytes = segment.p_filesz, .address = segment.p_vaddr});
  }
}

void ElfImage::visit_exports(const std::function<void(const ElfSymbol&)>& visit) const {
  if (elf_ == nullptr) return;
  for (Elf_Scn* section = elf_nextscn(elf_.get(), nullptr); section != nullptr;
       section = elf_nextscn(elf_.get(), section)) {
    GElf_Shdr header;
    if (gelf_getshdr(section, &header) == nullptr || header.sh_type != SHT_DYNSYM) continue;
    Elf_Data* data = elf_getdata(section, nullptr);
    const std::size_t entry = gelf_fsize(elf_.get(), ELF_T_SYM, 1, EV_CURRENT);
    if (data == nullptr || entry == 0) return;
    const std::size_t count = std::min(data->d_size / entry, kSymbolLimit);
    for (std::size_t i = 0; i < count; ++i) {
      GElf_Sym symbol;
      if (gelf_getsym(data, static_cast<int>(i), &symbol) == nullptr) return;
      if (symbol.st_shndx == SHN_UNDEF) continue;
      // Checks that the offset lies in the section and that the string ends there.
      const char* name = elf_strptr(elf_.get(), header.sh_link, symbol.st_name);
      if (name == nullptr) continue;
      visit({.name = name,
             .address = symbol.st_value,
             .bytes = symbol.st_size,
             .is_function = GELF_ST_TYPE(symbol.st_info) == STT_FUNC});
    }
    return;
  }
}

std::span<const std::byte> ElfImage::bytes(std::uint64_t address, std::size_t count) const {
  return bytes_at(elf_.get(), address, count);
}

std::optional<std::uint64_t> ElfImage::offset_of(std::uint64_t address) const {
  for (const Segment& segment : segments_)
    if (address >= segment.address && address - segment.address < segment.bytes)
      return address - segment.address + segment.offset;
  return std::nullopt;
}

std::uint64_t ElfImage::lowest_address() const {
  std::uint64_t lowest = UINT64_MAX;
  for (const Segment& segment : segments_) lowest = std::min(lowest, segment.address);
  return segments_.empty() ? 0 : lowest & ~(kPage - 1);
}

}  // namespace kvtool::snapshot::v8

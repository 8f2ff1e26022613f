#include "core/snapshot/v8/elf_image.h"

#include <gelf.h>

#include <algorithm>
#include <cstring>

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

// .eh_frame_hdr: version, three encodings, then by these encodings the address of .eh_frame, the number of
// functions, and for each its address and its unwind information's, relative to the section's own.
// https://refspecs.linuxfoundation.org/LSB_5.0.0/LSB-Core-generic/LSB-Core-generic/ehframechpt.html
constexpr std::uint8_t kVersion = 1;
constexpr std::uint8_t kRelative4 = 0x1b;   // DW_EH_PE_pcrel | sdata4
constexpr std::uint8_t kUnsigned4 = 0x03;   // DW_EH_PE_udata4
constexpr std::uint8_t kFromTable4 = 0x3b;  // DW_EH_PE_datarel | sdata4
constexpr std::size_t kHeaderBytes = 12;
constexpr std::size_t kEntryBytes = 8;

template <typename T>
T load(std::span<const std::byte> bytes, std::size_t at) {
  T value{};
  std::memcpy(&value, bytes.data() + at, sizeof value);
  return value;
}

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
    const Segment found{
        .offset = segment.p_offset, .bytes = segment.p_filesz, .address = segment.p_vaddr};
    if (segment.p_type == PT_LOAD) segments_.push_back(found);
    if (segment.p_type == PT_GNU_EH_FRAME) unwind_table_ = found;
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
  std::size_t file_bytes = 0;
  const char* file = elf_ == nullptr ? nullptr : elf_rawfile(elf_.get(), &file_bytes);
  if (file == nullptr) return {};
  for (const Segment& segment : segments_) {
    if (address < segment.address || address - segment.address >= segment.bytes) continue;
    const std::uint64_t into = address - segment.address;
    if (segment.offset > file_bytes || into >= file_bytes - segment.offset) return {};
    const std::uint64_t at = segment.offset + into;
    const std::uint64_t left = std::min(segment.bytes - into, file_bytes - at);
    return std::as_bytes(std::span(file + at, std::min<std::uint64_t>(count, left)));
  }
  return {};
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

std::pair<std::uint64_t, std::uint64_t> ElfImage::longest_gap_in_unwind_information() const {
  const auto table = bytes(unwind_table_.address, unwind_table_.bytes);
  if (table.size() < kHeaderBytes) return {};
  const auto encoding = [&](std::size_t at) { return std::to_integer<std::uint8_t>(table[at]); };
  if (encoding(0) != kVersion || encoding(1) != kRelative4 || encoding(2) != kUnsigned4 ||
      encoding(3) != kFromTable4)
    return {};
  const std::size_t count =
      std::min<std::size_t>(load<std::uint32_t>(table, 8), (table.size() - kHeaderBytes) / kEntryBytes);
  const auto entry = [&](std::size_t i, std::size_t word) {
    return unwind_table_.address +
           static_cast<std::uint64_t>(load<std::int32_t>(table, kHeaderBytes + i * kEntryBytes + word));
  };

  std::size_t before = 0;
  std::uint64_t longest = 0;
  for (std::size_t i = 0; i + 1 < count; ++i) {
    const std::uint64_t distance = entry(i + 1, 0) - entry(i, 0);
    if (entry(i + 1, 0) <= entry(i, 0) || distance <= longest) continue;
    longest = distance;
    before = i;
  }
  if (longest == 0) return {};
  // The gap begins where the function before it ends: in its unwind information, after the length, the offset
  // of what it shares with others, and its address.
  constexpr std::size_t kSizeAt = 12;
  const auto description = bytes(entry(before, 4), kSizeAt + 4);
  if (description.size() < kSizeAt + 4) return {};
  return {entry(before, 0) + load<std::uint32_t>(description, kSizeAt), entry(before + 1, 0)};
}

}  // namespace kvtool::snapshot::v8

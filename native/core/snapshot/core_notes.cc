#include "core/snapshot/core_notes.h"

#include <elf.h>
#include <sys/procfs.h>

#include <algorithm>
#include <cstring>
#include <string_view>

namespace kvtool::snapshot {
namespace {

constexpr std::size_t kNoteAlignment = 4;
constexpr std::size_t kThreadLimit = 8192;
// The kernel's own limit of mappings is 65,530.
constexpr std::size_t kFileLimit = 1 << 17;
constexpr std::string_view kDeleted = " (deleted)";

std::size_t aligned(std::size_t bytes) { return (bytes + kNoteAlignment - 1) & ~(kNoteAlignment - 1); }

template <typename T>
std::optional<T> load(std::span<const std::byte> bytes, std::size_t at = 0) {
  T value;
  if (at > bytes.size() || bytes.size() - at < sizeof value) return std::nullopt;
  std::memcpy(&value, bytes.data() + at, sizeof value);
  return value;
}

void take_thread(std::span<const std::byte> note, CoreNotes& notes) {
  const auto status = load<prstatus_t>(note);
  if (!status || notes.threads.size() >= kThreadLimit) return;
  const auto us = [](const auto& time) {
    return static_cast<std::uint64_t>(std::max<long>(0, time.tv_sec)) * 1'000'000u +
           static_cast<std::uint64_t>(std::max<long>(0, time.tv_usec));
  };
  notes.threads.push_back({.tid = status->pr_pid,
                           .cpu_us = us(status->pr_utime) + us(status->pr_stime),
                           .state = decode_registers(std::as_bytes(std::span(&status->pr_reg, 1)))});
}

void take_process(std::span<const std::byte> note, CoreNotes& notes) {
  const auto process = load<prpsinfo_t>(note);
  if (!process) return;
  notes.pid = process->pr_pid;
  const std::string_view name(process->pr_fname, sizeof process->pr_fname);
  notes.command = name.substr(0, name.find('\0'));
}

// Count, size of a page, for each file its first and last address and the page that it begins with, then
// their names.
void take_files(std::span<const std::byte> note, CoreNotes& notes) {
  constexpr std::size_t kWord = sizeof(std::uint64_t);
  constexpr std::size_t kEntry = 3 * kWord;
  const auto count = load<std::uint64_t>(note);
  const auto page = load<std::uint64_t>(note, kWord);
  if (!count || !page || *count > std::min(kFileLimit, note.size() / kEntry)) return;
  std::size_t name_at = 2 * kWord + static_cast<std::size_t>(*count) * kEntry;
  for (std::size_t i = 0; i < *count && name_at < note.size(); ++i) {
    const std::size_t at = 2 * kWord + i * kEntry;
    const auto* text = reinterpret_cast<const char*>(note.data() + name_at);
    std::string_view name(text, strnlen(text, note.size() - name_at));
    name_at += name.size() + 1;
    Mapping mapping{.start = load<std::uint64_t>(note, at).value_or(0),
                    .end = load<std::uint64_t>(note, at + kWord).value_or(0),
                    .offset = load<std::uint64_t>(note, at + 2 * kWord).value_or(0) * *page};
    if (name.ends_with(kDeleted)) {
      mapping.deleted = true;
      name.remove_suffix(kDeleted.size());
    }
    mapping.path = name;
    if (mapping.start < mapping.end) notes.files.push_back(std::move(mapping));
  }
}

void take_auxiliary(std::span<const std::byte> note, CoreNotes& notes) {
  for (std::size_t at = 0; at + sizeof(Elf64_auxv_t) <= note.size(); at += sizeof(Elf64_auxv_t)) {
    const auto entry = load<Elf64_auxv_t>(note, at);
    if (entry && entry->a_type == AT_ENTRY) notes.entry = entry->a_un.a_val;
  }
}

}  // namespace

CoreNotes parse_core_notes(std::span<const std::byte> bytes) {
  CoreNotes notes;
  for (std::size_t at = 0; at + sizeof(Elf64_Nhdr) <= bytes.size();) {
    const auto header = load<Elf64_Nhdr>(bytes, at).value_or(Elf64_Nhdr{});
    const std::size_t begin = at + sizeof header + aligned(header.n_namesz);
    if (begin > bytes.size() || header.n_descsz > bytes.size() - begin) break;
    const auto note = bytes.subspan(begin, header.n_descsz);
    switch (header.n_type) {
      case NT_PRSTATUS:
        take_thread(note, notes);
        break;
      case NT_PRPSINFO:
        take_process(note, notes);
        break;
      case NT_FILE:
        take_files(note, notes);
        break;
      case NT_AUXV:
        take_auxiliary(note, notes);
        break;
      default:
        break;
    }
    at = begin + aligned(header.n_descsz);
  }
  if (notes.pid == 0 && !notes.threads.empty())
    notes.pid = std::ranges::min(notes.threads, {}, &CoreThread::tid).tid;
  std::ranges::sort(notes.files, {}, &Mapping::start);
  return notes;
}

}  // namespace kvtool::snapshot

#include "core/snapshot/core_file.h"

#include <elf.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

#include "core/snapshot/open_file.h"

namespace kvtool::snapshot {
namespace {

// The kernel writes one segment per mapping, of which it allows 65,530 by default.
constexpr std::size_t kSegmentLimit = 1 << 20;
constexpr std::size_t kNotesLimit = std::size_t{256} << 20;
// As much of a file's beginning as tells builds apart: headers and the build ID, which the kernel writes into
// the core.
constexpr std::size_t kBeginningBytes = 1024;

#if defined(__x86_64__)
constexpr Elf64_Half kMachine = EM_X86_64;
constexpr const char* kMachineName = "x86-64";
#else
constexpr Elf64_Half kMachine = EM_AARCH64;
constexpr const char* kMachineName = "aarch64";
#endif

std::size_t read_at(const UniqueFd& file, std::uint64_t offset, std::span<std::byte> out) {
  std::size_t done = 0;
  while (done < out.size()) {
    const ssize_t bytes =
        pread(file.get(), out.data() + done, out.size() - done, static_cast<off_t>(offset + done));
    if (bytes < 0 && errno == EINTR) continue;
    if (bytes <= 0) break;
    done += static_cast<std::size_t>(bytes);
  }
  return done;
}

template <typename T>
bool read_object(const UniqueFd& file, std::uint64_t offset, T& object) {
  return read_at(file, offset, std::as_writable_bytes(std::span(&object, 1))) == sizeof object;
}

CoreError no_core(const std::string& path, const std::string& found) {
  return CoreError("found " + found + " in " + path + "; expected a core file of a 64-bit " + kMachineName +
                   " program; make one with: gcore PID");
}

}  // namespace

CoreFile::CoreFile(const CoreOptions& options)
    : options_(options), file_(open_regular(options.core)), map_({}) {
  if (!file_)
    throw CoreError("cannot read " + options.core + ": " +
                    std::generic_category().message(errno != 0 ? errno : EINVAL) + "; expected a core file");
  if (options.sysroot) {
    sysroot_ = UniqueFd(open(options.sysroot->c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (!sysroot_)
      throw CoreError("cannot open the sysroot " + *options.sysroot + ": " +
                      std::generic_category().message(errno) + "; expected a folder");
  }
  if (options.executable && !open_regular(*options.executable))
    throw CoreError("cannot read the program " + *options.executable +
                    "; expected the file that the process ran");
  struct stat facts {};
  if (fstat(file_.get(), &facts) == 0) written_at_ = facts.st_mtime;
  read_headers();
  if (notes_.threads.empty()) throw no_core(options.core, "no threads");
  make_map();
}

void CoreFile::read_headers() {
  Elf64_Ehdr header{};
  if (!read_object(file_, 0, header) || std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0)
    throw no_core(options_.core, "no ELF file");
  if (header.e_ident[EI_CLASS] != ELFCLASS64) throw no_core(options_.core, "a 32-bit file");
  if (header.e_type != ET_CORE) throw no_core(options_.core, "an ELF file that is no core");
  if (header.e_machine != kMachine) throw no_core(options_.core, "a core of another kind of machine");
  if (header.e_phentsize != sizeof(Elf64_Phdr)) throw no_core(options_.core, "damaged headers");
  std::size_t count = header.e_phnum;
  Elf64_Shdr first{};
  if (count == PN_XNUM && read_object(file_, header.e_shoff, first)) count = first.sh_info;

  const auto size = static_cast<std::uint64_t>(std::max<off_t>(0, lseek(file_.get(), 0, SEEK_END)));
  count = std::min({count, kSegmentLimit, static_cast<std::size_t>(size / sizeof(Elf64_Phdr))});
  std::vector<Elf64_Phdr> headers(count);
  const auto bytes = std::as_writable_bytes(std::span(headers));
  headers.resize(read_at(file_, header.e_phoff, bytes) / sizeof(Elf64_Phdr));
  for (const Elf64_Phdr& segment : headers) {
    const std::uint64_t there =
        segment.p_offset < size ? std::min(segment.p_filesz, size - segment.p_offset) : 0;
    if (segment.p_type == PT_NOTE && notes_.threads.empty()) {
      std::vector<std::byte> notes(std::min<std::uint64_t>(there, kNotesLimit));
      notes.resize(read_at(file_, segment.p_offset, notes));
      notes_ = parse_core_notes(notes);
    }
    if (segment.p_type != PT_LOAD || segment.p_memsz == 0 ||
        segment.p_vaddr + segment.p_memsz < segment.p_vaddr)
      continue;
    missing_ += segment.p_filesz - there;
    segments_.push_back({.start = segment.p_vaddr,
                         .end = segment.p_vaddr + segment.p_memsz,
                         .offset = segment.p_offset,
                         .bytes = std::min(there, segment.p_memsz),
                         .readable = (segment.p_flags & PF_R) != 0,
                         .executable = (segment.p_flags & PF_X) != 0});
  }
  std::ranges::sort(segments_, {}, &Segment::start);
}

// The notes know files, the segments rights.
void CoreFile::make_map() {
  const auto file_at = [&](std::uint64_t address) -> const Mapping* {
    const auto after = std::ranges::upper_bound(notes_.files, address, {}, &Mapping::start);
    if (after == notes_.files.begin()) return nullptr;
    const Mapping& file = *(after - 1);
    return address < file.end ? &file : nullptr;
  };
  const CoreThread& first = notes_.threads.front();
  const auto main = std::ranges::find(notes_.threads, notes_.pid, &CoreThread::tid);
  const auto& main_state = main == notes_.threads.end() ? first.state : main->state;
  std::vector<Mapping> mappings;
  std::uint64_t end = 0;
  for (const Segment& segment : segments_) {
    if (segment.start < end) continue;  // damaged: they overlap
    end = segment.end;
    Mapping& mapping = mappings.emplace_back(Mapping{.start = segment.start,
                                                     .end = segment.end,
                                                     .readable = segment.readable,
                                                     .executable = segment.executable});
    if (const Mapping* file = file_at(segment.start)) {
      mapping.path = file->path;
      mapping.deleted = file->deleted;
      mapping.offset = file->offset + (segment.start - file->start);
    } else if (main_state && main_state->registers.sp >= segment.start &&
               main_state->registers.sp < segment.end) {
      mapping.path = "[stack]";
    }
  }
  map_ = AddressMap(std::move(mappings));
  if (const Mapping* program = map_.find(notes_.entry)) executable_ = program->path;
}

UniqueFd CoreFile::open_mapped(const Mapping& mapping) const {
  if (!mapping.path.starts_with('/')) return {};
  UniqueFd file;
  if (options_.executable && mapping.path == executable_) {
    file = open_regular(*options_.executable);
  } else {
    file = sysroot_ ? open_below(sysroot_, mapping.path) : open_regular(mapping.path);
  }
  if (!file || same_build(file, mapping)) return file;
  other_builds_.insert(mapping.path);
  return {};
}

bool CoreFile::same_build(const UniqueFd& file, const Mapping& mapping) const {
  const auto& all = map_.mappings();
  const auto first = std::ranges::find_if(
      all, [&](const Mapping& other) { return other.path == mapping.path && other.offset == 0; });
  if (first == all.end()) return true;
  std::array<std::byte, kBeginningBytes> mapped;
  std::array<std::byte, kBeginningBytes> there;
  const std::size_t bytes = read_core(first->start, mapped);
  return read_at(file, 0, std::span(there).first(bytes)) == bytes &&
         std::equal(mapped.begin(), mapped.begin() + static_cast<std::ptrdiff_t>(bytes), there.begin());
}

std::size_t CoreFile::read(std::uint64_t address, std::span<std::byte> out) const {
  std::size_t done = 0;
  while (done < out.size()) {
    const auto rest = out.subspan(done);
    std::size_t got = read_core(address + done, rest);
    if (got == 0) got = read_mapped(address + done, rest);
    if (got == 0) break;
    done += got;
  }
  return done;
}

std::size_t CoreFile::read_core(std::uint64_t address, std::span<std::byte> out) const {
  const auto after = std::ranges::upper_bound(segments_, address, {}, &Segment::start);
  if (after == segments_.begin()) return 0;
  const Segment& segment = *(after - 1);
  const std::uint64_t into = address - segment.start;
  if (into >= segment.bytes) return 0;
  const auto part = static_cast<std::size_t>(std::min<std::uint64_t>(out.size(), segment.bytes - into));
  return read_at(file_, segment.offset + into, out.first(part));
}

std::size_t CoreFile::read_mapped(std::uint64_t address, std::span<std::byte> out) const {
  const Mapping* mapping = map_.find(address);
  if (mapping == nullptr || !mapping->path.starts_with('/')) return 0;
  if (cached_path_ != mapping->path) {
    cached_path_ = mapping->path;
    cached_ = open_mapped(*mapping);
  }
  if (!cached_) return 0;
  const auto part = static_cast<std::size_t>(std::min<std::uint64_t>(out.size(), mapping->end - address));
  return read_at(cached_, mapping->offset + (address - mapping->start), out.first(part));
}

}  // namespace kvtool::snapshot

#include "core/snapshot/target.h"

#include <dirent.h>
#include <elf.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <memory>
#include <string_view>
#include <variant>

#include "core/snapshot/open_file.h"

namespace kvtool::snapshot {
namespace {

// No file read here is larger, except the maps of a process with several 100,000 mappings, which are cut.
constexpr std::size_t kFileLimit = std::size_t{64} << 20;

FileText read_all_of(const UniqueFd& file) {
  if (!file) return {.error = errno, .text = {}};
  FileText result;
  std::array<char, 16384> buffer;
  while (result.text.size() < kFileLimit) {
    const ssize_t bytes = read(file.get(), buffer.data(), buffer.size());
    if (bytes == 0) break;
    if (bytes < 0) {
      if (errno == EINTR) continue;
      return {.error = errno, .text = {}};
    }
    result.text.append(buffer.data(), static_cast<std::size_t>(bytes));
  }
  return result;
}

FileText read_file(const std::string& path) {
  return read_all_of(UniqueFd(open(path.c_str(), O_RDONLY | O_CLOEXEC)));
}

std::string proc(pid_t pid, std::string_view rest) {
  return "/proc/" + std::to_string(pid) + std::string(rest);
}

TargetError gone(pid_t id) {
  const std::string number = std::to_string(id);
  return TargetError("found no process " + number +
                     "; expected the PID of a live process; check it with: ps -p " + number);
}

}  // namespace

bool has_ended(char state) { return state == 'Z' || state == 'X' || state == 'x'; }

Target::Target(pid_t id) {
  const FileText status = read_file(proc(id, "/status"));
  const auto parsed = parse_status(status.text);
  if (status.error != 0 || !parsed) throw gone(id);
  pid_ = parsed->group;
  anchor_ = pid_;

  task_folder_ = UniqueFd(open(proc(pid_, "/task").c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!task_folder_) throw gone(id);
  const auto main_stat = parse_stat(task_file(pid_, "stat").text);
  const auto main_status = parse_status(task_file(pid_, "status").text);
  if (!main_stat || !main_status) throw gone(id);
  stat_ = *main_stat;
  status_ = *main_status;

  if (!has_ended(stat_.state)) return;
  zombie_ = true;
  for (const pid_t tid : threads(64)) {
    const auto thread = parse_stat(task_file(tid, "stat").text);
    if (!thread || has_ended(thread->state)) continue;
    zombie_ = false;
    anchor_ = tid;
    break;
  }
}

pid_t Target::pid_in_namespace() const {
  return status_.ids_in_namespaces.empty() ? pid_ : status_.ids_in_namespaces.back();
}

bool Target::is_32_bit() const {
  std::array<char, 64> path;
  std::snprintf(path.data(), path.size(), "%d/exe", anchor_);
  const UniqueFd program(openat(task_folder_.get(), path.data(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  std::array<unsigned char, EI_NIDENT> ident{};
  return program && pread(program.get(), ident.data(), ident.size(), 0) == EI_NIDENT &&
         std::memcmp(ident.data(), ELFMAG, SELFMAG) == 0 && ident[EI_CLASS] == ELFCLASS32;
}

std::vector<pid_t> Target::threads(std::size_t limit) const {
  std::vector<pid_t> tids;
  // A fresh open file: reading the folder moves its offset.
  UniqueFd folder(openat(task_folder_.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder) return tids;
  const std::unique_ptr<DIR, int (*)(DIR*)> entries(fdopendir(folder.get()), closedir);
  if (entries == nullptr) return tids;
  folder.release();
  while (tids.size() < limit) {
    const dirent* entry = readdir(entries.get());
    if (entry == nullptr) break;
    const std::string_view name = entry->d_name;
    pid_t tid = 0;
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), tid);
    if (error == std::errc{} && end == name.data() + name.size()) tids.push_back(tid);
  }
  std::sort(tids.begin(), tids.end());
  return tids;
}

FileText Target::task_file(pid_t tid, const char* name) const {
  std::array<char, 64> path;
  std::snprintf(path.data(), path.size(), "%d/%s", tid, name);
  return read_all_of(UniqueFd(openat(task_folder_.get(), path.data(), O_RDONLY | O_CLOEXEC)));
}

UniqueFd Target::open_mapped(const Mapping& mapping) const {
  if (!mapping.path.starts_with('/')) return {};
  if (mapping.deleted) {
    std::array<char, 64> range;
    std::snprintf(range.data(), range.size(), "/map_files/%llx-%llx",
                  static_cast<unsigned long long>(mapping.start),
                  static_cast<unsigned long long>(mapping.end));
    return open_regular(proc(anchor_, range.data()));
  }
  if (UniqueFd file = open_in_root(mapping.path)) return file;
  // Of a process that changed its root without a mount namespace of its own, the kernel prints paths as we
  // see them.
  UniqueFd file = open_regular(mapping.path);
  struct stat facts {};
  if (file && fstat(file.get(), &facts) == 0 && facts.st_ino == mapping.inode) return file;
  return {};
}

UniqueFd Target::open_in_root(const std::string& path) const {
  const UniqueFd root(open(proc(anchor_, "/root").c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  return open_below(root, path);
}

bool Target::is_in(pid_t tid, const Syscall& call) const {
  const auto line = parse_syscall(task_file(tid, "syscall").text);
  const Syscall* now = line ? std::get_if<Syscall>(&*line) : nullptr;
  return now != nullptr && *now == call;
}

LiveThreadIds::LiveThreadIds(const Target& target)
    : target_(target), nested_(target.status().ids_in_namespaces.size() > 1) {}

std::optional<pid_t> LiveThreadIds::live(pid_t id) {
  if (id <= 0) return std::nullopt;
  if (!nested_) return alive(id) ? std::optional(id) : std::nullopt;
  auto known = ours_.find(id);
  // Looking for an ID reads a file per thread: once for every ID that nobody has.
  if (known == ours_.end() && !unknown_.contains(id)) {
    read_all();
    known = ours_.find(id);
    if (known == ours_.end()) unknown_.insert(id);
  }
  if (known == ours_.end() || !alive(known->second)) return std::nullopt;
  return known->second;
}

void LiveThreadIds::read_all() {
  constexpr std::size_t kThreadLimit = 8192;
  for (const pid_t tid : target_.threads(kThreadLimit)) {
    const auto status = parse_status(target_.task_file(tid, "status").text);
    if (status && !status->ids_in_namespaces.empty()) ours_[status->ids_in_namespaces.back()] = tid;
  }
}

bool LiveThreadIds::alive(pid_t tid) const {
  const auto stat = parse_stat(target_.task_file(tid, "stat").text);
  return stat && !has_ended(stat->state);
}

}  // namespace kvtool::snapshot

// Parsers of the files under /proc/PID. Pure functions over text, so that every odd line seen in the wild can
// be a test. None of them trusts its input: a line that does not fit gives nullopt and never a guess.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/snapshot/process_dump.h"

namespace kvtool::snapshot {

// /proc/PID/stat and /proc/PID/task/TID/stat.
struct Stat {
  pid_t pid = 0;
  std::string name;
  char state = '?';
  pid_t parent = 0;
  std::uint64_t cpu_ticks = 0;  // utime + stime
  bool kernel_thread = false;
};
// The name may hold spaces, parentheses and line feeds: it ends at the last closing parenthesis of the text.
std::optional<Stat> parse_stat(std::string_view text);

// The fields of /proc/PID/status that a dump needs.
struct Status {
  pid_t group = 0;            // Tgid
  std::optional<uid_t> user;  // effective
  std::optional<std::uint64_t> effective_capabilities;
  std::vector<pid_t> ids_in_namespaces;  // NSpid, outermost namespace first
  pid_t tracer = 0;                      // TracerPid: the process that traces it; 0 for none
};
std::optional<Status> parse_status(std::string_view text);

// /proc/PID/task/TID/syscall.
struct Running {};  // on a processor: the kernel tells nothing
// Blocked outside any system call (a page fault, a stop): `number` is -1 and only `sp` and `pc` are known.
using SyscallLine = std::variant<Running, Syscall>;
std::optional<SyscallLine> parse_syscall(std::string_view text);

// One line of /proc/PID/maps.
struct Mapping {
  std::uint64_t start = 0;
  std::uint64_t end = 0;
  std::uint64_t offset = 0;
  std::uint64_t inode = 0;
  bool readable = false;
  bool executable = false;
  bool deleted = false;   // the file is gone; ` (deleted)` is cut from `path`
  std::string path = {};  // empty for anonymous memory, `[stack]` and the like kept
};
std::optional<Mapping> parse_mapping(std::string_view line);
// All lines that parse, in file order (which is address order).
std::vector<Mapping> parse_maps(std::string_view text);

}  // namespace kvtool::snapshot

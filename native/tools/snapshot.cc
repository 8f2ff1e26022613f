// kvtool-snapshot: what every thread of a process does and waits for, as one JSON document (the ProcessDump
// of src/diagnosis/process-dump.ts). A program of its own so that whatever happens to it, the supervisor
// lives.
#include "core/snapshot/snapshot.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

#include "core/snapshot/core_snapshot.h"
#include "core/snapshot/gpus.h"
#include "core/snapshot/json.h"

namespace {

using kvtool::snapshot::CoreOptions;
using kvtool::snapshot::SnapshotOptions;

constexpr const char* kHelp =
    "usage: kvtool-snapshot PID [--no-stop | --freeze] [--lines] [--flight FILE] [--output FILE]\n"
    "                       [--budget-ms N]\n"
    "       kvtool-snapshot --core FILE [--exe FILE] [--sysroot FOLDER] [--lines] [--output FILE]\n"
    "                       [--budget-ms N]\n"
    "       kvtool-snapshot --gpus\n"
    "\n"
    "Prints what every thread of process PID does and waits for, as JSON. Threads that are blocked are "
    "never\n"
    "stopped; one that runs is stopped alone, for some 100 microseconds.\n"
    "\n"
    "  --gpus           instead: what NVML tells of the GPUs of this machine and of the processes on them\n"
    "  --no-stop        stop none at all: threads that run have no native stack then\n"
    "  --freeze         stop all together for some milliseconds, for one coherent picture. Blocked calls "
    "such as\n"
    "                   epoll_wait and semop may return EINTR; the document says in which threads they did\n"
    "  --core FILE      the process that left this core file\n"
    "  --exe FILE       the program that it ran, when it is not where it was\n"
    "  --sysroot FOLDER look for the files that it had mapped in here\n"
    "  --lines          add file and line of native frames, and inlined functions, from debug information\n"
    "  --flight FILE    add the lock lines of this flight file (events.kvr)\n"
    "  --output FILE    write there instead of to standard output; FILE is complete or not there\n"
    "  --budget-ms N    read no further stack after N milliseconds (default 4000)\n"
    "\n"
    "Exit codes: 0 done, 1 a bug in kvtool, 2 usage, 69 no such process, no readable core, or FILE cannot be "
    "written.\n";

constexpr int kBug = 1;
constexpr int kUsage = 2;
constexpr int kUnavailable = 69;

// Opening a file on a file system that does not answer can block for ever. Then SIGALRM ends this process;
// its default action does so even inside such a call, which a handler would not.
constexpr std::chrono::seconds kGrace{5};

int complain(int code, const std::string& text) {
  std::fprintf(stderr, "kvtool-snapshot: %s\n", text.c_str());
  return code;
}

struct Arguments {
  SnapshotOptions snapshot;
  CoreOptions files;  // `core` is empty for a live process
  std::optional<std::string> output;
  bool gpus = false;
  bool help = false;
};

template <typename Number>
std::optional<Number> positive(std::string_view text) {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || value <= 0) return std::nullopt;
  return value;
}

// Takes a flag that stands alone. False when it is none.
bool take_switch(std::string_view word, Arguments& out) {
  if (word == "--help" || word == "-h") {
    out.help = true;
  } else if (word == "--gpus") {
    out.gpus = true;
  } else if (word == "--no-stop") {
    out.snapshot.may_stop = false;
  } else if (word == "--freeze") {
    out.snapshot.freeze = true;
  } else if (word == "--lines") {
    out.snapshot.lines = true;
    out.files.lines = true;
  } else {
    return false;
  }
  return true;
}

// Takes a flag with its value. What is wrong, or nothing.
std::optional<std::string> take_value(std::string_view word, std::string_view value, Arguments& out) {
  constexpr long kLongestBudget = 3'600'000;
  if (word == "--flight") {
    out.snapshot.flight_file = value;
  } else if (word == "--output") {
    out.output = value;
  } else if (word == "--core") {
    out.files.core = value;
    if (value.empty()) return "found an empty --core; expected a file";
  } else if (word == "--exe") {
    out.files.executable = value;
  } else if (word == "--sysroot") {
    out.files.sysroot = value;
  } else if (word == "--budget-ms") {
    const auto budget = positive<long>(value);
    if (!budget || *budget > kLongestBudget)
      return "found --budget-ms " + std::string(value) + "; expected 1 to " + std::to_string(kLongestBudget);
    out.snapshot.budget = std::chrono::milliseconds(*budget);
  } else {
    return "found " + std::string(word) +
           "; expected --gpus, --no-stop, --freeze, --lines, --core, --exe, --sysroot, --flight, --output or "
           "--budget-ms";
  }
  return std::nullopt;
}

// What does not go together, or nothing.
std::optional<std::string> contradiction(const Arguments& arguments) {
  const SnapshotOptions& live = arguments.snapshot;
  const CoreOptions& files = arguments.files;
  if (arguments.gpus) {
    if (live.pid == 0 && files.core.empty()) return std::nullopt;
    return "found --gpus with a process ID or --core; expected it alone; run once for each";
  }
  if (files.core.empty()) {
    if (live.pid == 0) return "found no process ID; expected one, or --core FILE; see kvtool-snapshot --help";
    if (files.executable || files.sysroot)
      return "found --exe or --sysroot without --core; expected them with a core file only";
    if (live.freeze && !live.may_stop)
      return "found --freeze and --no-stop; expected one of them, for they contradict each other";
    return std::nullopt;
  }
  if (live.pid != 0) return "found a process ID and --core; expected one of them; run once for each";
  if (live.freeze || !live.may_stop || live.flight_file)
    return "found --core with --freeze, --no-stop or --flight; expected these with a process ID only";
  return std::nullopt;
}

// What is wrong, or nothing.
std::optional<std::string> parse(int count, char** words, Arguments& out) {
  for (int i = 1; i < count; ++i) {
    const std::string_view word = words[i];
    if (take_switch(word, out)) {
      if (out.help) return std::nullopt;
      continue;
    }
    if (word.starts_with("--")) {
      if (i + 1 == count) return "found " + std::string(word) + " without a value; expected one after it";
      if (auto wrong = take_value(word, words[++i], out)) return wrong;
      continue;
    }
    const auto pid = positive<pid_t>(word);
    if (!pid) return "found `" + std::string(word) + "`; expected a process ID; find it with: pgrep -a NAME";
    if (out.snapshot.pid != 0) return "found a second process ID; expected one; run once per process";
    out.snapshot.pid = *pid;
  }
  return contradiction(out);
}

bool write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t bytes = write(fd, text.data(), text.size());
    if (bytes < 0 && errno == EINTR) continue;
    if (bytes <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(bytes));
  }
  return true;
}

// A pipe or a device: what stands there must not be replaced by a file.
bool is_special(const std::string& path) {
  struct stat facts {};
  return stat(path.c_str(), &facts) == 0 && !S_ISREG(facts.st_mode) && !S_ISDIR(facts.st_mode);
}

bool write_into(const std::string& path, std::string_view text) {
  const int fd = open(path.c_str(), O_WRONLY | O_CLOEXEC);
  if (fd < 0) return false;
  const bool written = write_all(fd, text);
  const int reason = errno;
  if (close(fd) == 0 && written) return true;
  if (!written) errno = reason;
  return false;
}

// Through a file beside it, so that a reader never sees half a document.
bool write_file(const std::string& path, std::string_view text) {
  if (is_special(path)) return write_into(path, text);
  const std::string draft = path + ".tmp-" + std::to_string(getpid());
  const int fd = open(draft.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (fd < 0) return false;
  const bool written = write_all(fd, text);
  const int error = errno;
  if (close(fd) == 0 && written && rename(draft.c_str(), path.c_str()) == 0) return true;
  if (!written) errno = error;
  const int reason = errno;
  unlink(draft.c_str());
  errno = reason;
  return false;
}

std::string document_of(const Arguments& arguments) {
  if (arguments.gpus) return to_json(kvtool::snapshot::read_gpus());
  if (arguments.files.core.empty()) return to_json(kvtool::snapshot::take_snapshot(arguments.snapshot));
  return to_json(kvtool::snapshot::take_core_snapshot(arguments.files, arguments.snapshot.budget));
}

int run(const Arguments& arguments) {
  alarm(static_cast<unsigned>(
      std::chrono::ceil<std::chrono::seconds>(arguments.snapshot.budget + kGrace).count()));
  const std::string document = document_of(arguments);
  if (!arguments.output) {
    if (write_all(STDOUT_FILENO, document)) return 0;
    return complain(kUnavailable,
                    "cannot write to standard output: " + std::generic_category().message(errno));
  }
  if (write_file(*arguments.output, document)) return 0;
  return complain(kUnavailable,
                  "cannot write " + *arguments.output + ": " + std::generic_category().message(errno) +
                      "; expected a folder that exists and a disk with room; choose another --output");
}

}  // namespace

int main(int count, char** words) {
  Arguments arguments;
  if (const auto wrong = parse(count, words, arguments)) return complain(kUsage, *wrong);
  if (arguments.help) {
    std::fputs(kHelp, stdout);
    return 0;
  }
  try {
    return run(arguments);
  } catch (const kvtool::snapshot::TargetError& error) {
    return complain(kUnavailable, error.what());
  } catch (const kvtool::snapshot::CoreError& error) {
    return complain(kUnavailable, error.what());
  } catch (const std::exception& error) {
    return complain(kBug, std::string("this is a bug in kvtool, please report it: ") + error.what());
  }
}

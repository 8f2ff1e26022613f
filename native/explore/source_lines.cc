#include "explore/source_lines.h"

#include <fcntl.h>
#include <link.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

extern char** environ;

namespace kvtool::explore {
namespace {

using std::chrono::steady_clock;

// Of one call: a command line has room for that many.
constexpr std::size_t kMostAddresses = 2000;
constexpr std::chrono::seconds kPatience{10};

// An address of this process in terms of the file that it was loaded from.
struct InFile {
  std::string file;
  std::uintptr_t offset = 0;
};

InFile in_file(const void* address) {
  struct Search {
    std::uintptr_t address;
    InFile found{};
  } search{.address = reinterpret_cast<std::uintptr_t>(address)};
  const auto visit = [](dl_phdr_info* info, std::size_t /*size*/, void* argument) {
    auto& wanted = *static_cast<Search*>(argument);
    for (int i = 0; i < info->dlpi_phnum; ++i) {
      const auto& segment = info->dlpi_phdr[i];
      const std::uintptr_t begin = info->dlpi_addr + segment.p_vaddr;
      if (segment.p_type != PT_LOAD || wanted.address < begin || wanted.address >= begin + segment.p_memsz)
        continue;
      const std::string_view name = info->dlpi_name;
      wanted.found = {name.empty() ? "/proc/" + std::to_string(getpid()) + "/exe" : std::string(name),
                      wanted.address - info->dlpi_addr};
      return 1;
    }
    return 0;
  };
  dl_iterate_phdr(visit, &search);
  return search.found;
}

// What a program writes to its standard output; what it had written when it did not end in time.
std::string output_of(std::vector<std::string> words) {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) return {};
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  std::vector<char*> argv;
  argv.reserve(words.size() + 1);
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  pid_t pid = 0;
  const bool started = posix_spawnp(&pid, argv[0], &actions, nullptr, argv.data(), environ) == 0;
  posix_spawn_file_actions_destroy(&actions);
  close(ends[1]);
  std::string text;
  const auto deadline = steady_clock::now() + kPatience;
  while (started) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - steady_clock::now()).count();
    pollfd ready{.fd = ends[0], .events = POLLIN, .revents = 0};
    const int polled = left > 0 ? poll(&ready, 1, static_cast<int>(left)) : 0;
    if (polled < 0 && errno == EINTR) continue;
    std::array<char, 4096> buffer{};
    const ssize_t size = polled > 0 ? read(ends[0], buffer.data(), buffer.size()) : -1;
    if (size <= 0) break;
    text.append(buffer.data(), static_cast<std::size_t>(size));
  }
  close(ends[0]);
  if (started) {
    kill(pid, SIGKILL);  // does nothing to one that has ended
    while (waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
    }
  }
  return text;
}

// What an operation of a program may be inlined into, or be called from.
bool is_of_the_program(std::string_view file) {
  constexpr std::array<std::string_view, 3> kLibraries{"/usr/include/", "/usr/lib/", "/c++/"};
  constexpr std::array<std::string_view, 7> kOwn{
      "core/runtime/model_runtime.h", "core/explorer/program.h",       "core/explorer/world.cc",
      "core/explorer/world_sync.cc",  "core/explorer/world_memory.cc", "core/explorer/world_plain.cc",
      "core/explorer/fiber.cc"};
  for (const std::string_view library : kLibraries)
    if (file.find(library) != std::string_view::npos) return false;
  for (const std::string_view own : kOwn)
    if (file.ends_with(own)) return false;
  return !file.empty() && file != "??";
}

// "/home/x/bank.cc:18 (discriminator 2)".
std::optional<SourceLine> parse_place(std::string_view text) {
  text = text.substr(0, text.find(" ("));
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  SourceLine place{.file = std::string(text.substr(0, colon))};
  const std::string_view digits = text.substr(colon + 1);
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), place.line);
  if (error != std::errc{} || place.line == 0 || !is_of_the_program(place.file)) return std::nullopt;
  return place;
}

using Offsets = std::vector<std::pair<std::uintptr_t, const void*>>;

void ask(const std::string& file, const Offsets& offsets, std::map<const void*, SourceLine>& lines) {
  // -a prints the address before its places, -i every function that was inlined there, innermost first.
  std::vector<std::string> words{"addr2line", "-a", "-i", "-e", file};
  for (const auto& [offset, address] : offsets) {
    std::array<char, 20> digits{};
    // One less: a return address is that of the next line when the call ends its own.
    std::snprintf(digits.data(), digits.size(), "0x%zx", static_cast<std::size_t>(offset - 1));
    words.emplace_back(digits.data());
  }
  const std::string output = output_of(std::move(words));
  std::size_t next = 0;
  const void* address = nullptr;
  for (std::string_view rest = output; !rest.empty();) {
    const std::size_t end = rest.find('\n');
    const std::string_view line = rest.substr(0, end);
    rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
    if (line.starts_with("0x")) {
      address = next < offsets.size() ? offsets[next++].second : nullptr;
    } else if (address != nullptr && !lines.contains(address)) {
      if (auto place = parse_place(line)) lines.emplace(address, std::move(*place));
    }
  }
}

}  // namespace

std::map<const void*, SourceLine> source_lines(const std::set<const void*>& addresses) {
  std::map<std::string, Offsets> by_file;
  for (const void* address : addresses) {
    const InFile place = in_file(address);
    if (Offsets& offsets = by_file[place.file]; !place.file.empty() && offsets.size() < kMostAddresses)
      offsets.emplace_back(place.offset, address);
  }
  std::map<const void*, SourceLine> lines;
  for (const auto& [file, offsets] : by_file)
    if (!offsets.empty()) ask(file, offsets, lines);
  return lines;
}

}  // namespace kvtool::explore

#include "core/snapshot/proc_files.h"

#include <charconv>
#include <utility>

namespace kvtool::snapshot {
namespace {

constexpr std::uint64_t kKernelThreadFlag = 0x00200000;  // PF_KTHREAD, include/linux/sched.h

// Takes the next run of characters up to a blank; empty at the end of the text.
std::string_view next_word(std::string_view& text) {
  constexpr std::string_view kBlanks = " \t\n";
  const std::size_t begin = text.find_first_not_of(kBlanks);
  if (begin == std::string_view::npos) {
    text = {};
    return {};
  }
  const std::size_t end = std::min(text.find_first_of(kBlanks, begin), text.size());
  const std::string_view word = text.substr(begin, end - begin);
  text.remove_prefix(end);
  return word;
}

template <typename Number>
std::optional<Number> number(std::string_view word, int base = 10) {
  if (base == 16 && word.starts_with("0x")) word.remove_prefix(2);
  Number value{};
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value, base);
  if (error != std::errc{} || end != word.data() + word.size()) return std::nullopt;
  return value;
}

// The rest of the line that starts with `key`, e.g. "NSpid:".
std::optional<std::string_view> line_after(std::string_view text, std::string_view key) {
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    const std::string_view line = text.substr(at, end - at);
    if (line.starts_with(key)) return line.substr(key.size());
    at = end + 1;
  }
  return std::nullopt;
}

}  // namespace

std::optional<Stat> parse_stat(std::string_view text) {
  const std::size_t open = text.find('(');
  const std::size_t close = text.rfind(')');
  if (open == std::string_view::npos || close == std::string_view::npos || close < open) return std::nullopt;
  std::string_view head = text.substr(0, open);
  std::string_view rest = text.substr(close + 1);

  const auto pid = number<pid_t>(next_word(head));
  const std::string_view state = next_word(rest);
  const auto parent = number<pid_t>(next_word(rest));
  if (!pid || state.size() != 1 || !parent) return std::nullopt;
  for (int field = 5; field <= 8; ++field) next_word(rest);  // pgrp, session, tty_nr, tpgid
  const auto flags = number<std::uint64_t>(next_word(rest));
  for (int field = 10; field <= 13; ++field) next_word(rest);  // page faults
  const auto user_ticks = number<std::uint64_t>(next_word(rest));
  const auto system_ticks = number<std::uint64_t>(next_word(rest));
  if (!flags || !user_ticks || !system_ticks) return std::nullopt;

  return Stat{.pid = *pid,
              .name = std::string(text.substr(open + 1, close - open - 1)),
              .state = state[0],
              .parent = *parent,
              .cpu_ticks = *user_ticks + *system_ticks,
              .kernel_thread = (*flags & kKernelThreadFlag) != 0};
}

std::optional<Status> parse_status(std::string_view text) {
  const auto group_line = line_after(text, "Tgid:");
  if (!group_line) return std::nullopt;
  std::string_view group_text = *group_line;
  const auto group = number<pid_t>(next_word(group_text));
  if (!group) return std::nullopt;

  Status status;
  status.group = *group;
  if (auto users = line_after(text, "Uid:")) {
    next_word(*users);  // the real one
    status.user = number<uid_t>(next_word(*users));
  }
  if (auto capabilities = line_after(text, "CapEff:"))
    status.effective_capabilities = number<std::uint64_t>(next_word(*capabilities), 16);
  if (auto ids = line_after(text, "NSpid:")) {
    for (auto id = number<pid_t>(next_word(*ids)); id; id = number<pid_t>(next_word(*ids)))
      status.ids_in_namespaces.push_back(*id);
  }
  if (auto tracer = line_after(text, "TracerPid:"))
    status.tracer = number<pid_t>(next_word(*tracer)).value_or(0);
  return status;
}

std::optional<SyscallLine> parse_syscall(std::string_view text) {
  const std::string_view first = next_word(text);
  if (first == "running") return Running{};
  const auto call_number = number<long>(first);
  if (!call_number || *call_number < -1) return std::nullopt;
  Syscall call;
  call.number = *call_number;
  if (call.number >= 0) {
    for (std::uint64_t& argument : call.args) {
      const auto value = number<std::uint64_t>(next_word(text), 16);
      if (!value) return std::nullopt;
      argument = *value;
    }
  }
  const auto sp = number<std::uint64_t>(next_word(text), 16);
  const auto pc = number<std::uint64_t>(next_word(text), 16);
  if (!sp || !pc) return std::nullopt;
  call.sp = *sp;
  call.pc = *pc;
  return call;
}

std::optional<Mapping> parse_mapping(std::string_view line) {
  const std::string_view range = next_word(line);
  const std::size_t dash = range.find('-');
  if (dash == std::string_view::npos) return std::nullopt;
  const auto start = number<std::uint64_t>(range.substr(0, dash), 16);
  const auto end = number<std::uint64_t>(range.substr(dash + 1), 16);
  const std::string_view rights = next_word(line);
  const auto offset = number<std::uint64_t>(next_word(line), 16);
  next_word(line);  // device
  const auto inode = number<std::uint64_t>(next_word(line));
  if (!start || !end || *end <= *start || rights.size() < 4 || !offset || !inode) return std::nullopt;

  Mapping mapping{.start = *start,
                  .end = *end,
                  .offset = *offset,
                  .inode = *inode,
                  .readable = rights[0] == 'r',
                  .executable = rights[2] == 'x'};
  const std::size_t path = line.find_first_not_of(' ');
  if (path != std::string_view::npos) {
    std::string_view text = line.substr(path);
    constexpr std::string_view kDeleted = " (deleted)";
    mapping.deleted = text.ends_with(kDeleted);
    if (mapping.deleted) text.remove_suffix(kDeleted.size());
    mapping.path = text;
  }
  return mapping;
}

std::vector<Mapping> parse_maps(std::string_view text) {
  std::vector<Mapping> mappings;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    if (auto mapping = parse_mapping(text.substr(at, end - at))) mappings.push_back(std::move(*mapping));
    at = end + 1;
  }
  return mappings;
}

}  // namespace kvtool::snapshot

// kvtool-guard: stands between the supervisor and the harness, so that nothing a harness starts outlives the
// run: not a grandchild that ignores SIGTERM, not a daemon that left its process group, and not when the
// supervisor itself is killed with SIGKILL.
//
//   kvtool-guard --control-fd N --status-fd M -- COMMAND ARGS...
//
// Control (read): `t` sends SIGTERM to the harness's process group; `k`, or the end of the file, kills
// everything. Status (written, one JSON line each):
//   {"event":"started","pid":N}                               the harness runs COMMAND
//   {"event":"exec-failed","errno":N,"message":"..."}         it does not; exit code 69
//   {"event":"exited","code":N} or {...,"signal":"SIGSEGV"}   the harness itself ended
//   {"event":"done","strays":N}                               nothing is left; N others had to be killed
//   {"event":"done","strays":N,"left":M}                      M processes did not die in time (stuck in the
//   kernel)
//
// If the guard itself is killed with SIGKILL, the harness dies with it (PR_SET_PDEATHSIG); processes that the
// harness started do not, for the kernel offers that to direct children only.
//
// One thread, which waits in poll() only.
#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "core/snapshot/proc_files.h"
#include "core/snapshot/unique_fd.h"

namespace {

using kvtool::snapshot::UniqueFd;
using Clock = std::chrono::steady_clock;

constexpr int kUsage = 2;
constexpr int kUnavailable = 69;

// Killed processes end within milliseconds. One that has not after this long sits in the kernel (a driver
// that does not answer), and waiting for it would make the guard hang with it.
constexpr std::chrono::seconds kSweepLimit{5};
// A process that becomes our child while we sweep sends no signal: look again this often.
constexpr int kSweepPollMs = 20;
// A supervisor that does not read its pipe must not stop us from killing.
constexpr int kStatusPollMs = 1000;

int complain(const std::string& text) {
  std::fprintf(stderr, "kvtool-guard: %s\n", text.c_str());
  return kUsage;
}

// ---------------------------------------------------------------------------------------------- status lines

// As Node's process.on('exit') names them. Not sigabbrev_np: glibc has it from 2.32 on only.
std::string signal_name(int number) {
  struct Name {
    int number;
    const char* text;
  };
  constexpr Name kNames[] = {
      {SIGHUP, "SIGHUP"},       {SIGINT, "SIGINT"},       {SIGQUIT, "SIGQUIT"}, {SIGILL, "SIGILL"},
      {SIGTRAP, "SIGTRAP"},     {SIGABRT, "SIGABRT"},     {SIGBUS, "SIGBUS"},   {SIGFPE, "SIGFPE"},
      {SIGKILL, "SIGKILL"},     {SIGUSR1, "SIGUSR1"},     {SIGSEGV, "SIGSEGV"}, {SIGUSR2, "SIGUSR2"},
      {SIGPIPE, "SIGPIPE"},     {SIGALRM, "SIGALRM"},     {SIGTERM, "SIGTERM"}, {SIGXCPU, "SIGXCPU"},
      {SIGXFSZ, "SIGXFSZ"},     {SIGVTALRM, "SIGVTALRM"}, {SIGPROF, "SIGPROF"}, {SIGIO, "SIGIO"},
      {SIGPWR, "SIGPWR"},       {SIGSYS, "SIGSYS"},
#ifdef SIGSTKFLT
      {SIGSTKFLT, "SIGSTKFLT"},
#endif
  };
  for (const Name& name : kNames)
    if (name.number == number) return name.text;
  return "SIG" + std::to_string(number);
}

class Status {
 public:
  explicit Status(int fd) : fd_(fd) {}

  void started(pid_t pid) const { write_line("{\"event\":\"started\",\"pid\":" + std::to_string(pid) + "}"); }
  void exec_failed(int error, std::string_view command) const {
    write_line("{\"event\":\"exec-failed\",\"errno\":" + std::to_string(error) +
               ",\"message\":\"cannot run " + quoted(command) + ": " + strerror(error) + "\"}");
  }
  void exited(const siginfo_t& how) const {
    if (how.si_code == CLD_EXITED) {
      write_line("{\"event\":\"exited\",\"code\":" + std::to_string(how.si_status) + "}");
      return;
    }
    write_line("{\"event\":\"exited\",\"signal\":\"" + signal_name(how.si_status) + "\"}");
  }
  void done(int strays, int left) const {
    write_line("{\"event\":\"done\",\"strays\":" + std::to_string(strays) +
               (left > 0 ? ",\"left\":" + std::to_string(left) : "") + "}");
  }

 private:
  // The inside of a JSON string: what could end it or is no text becomes `?`.
  static std::string quoted(std::string_view text) {
    std::string result(text.substr(0, 200));
    for (char& c : result)
      if (c == '"' || c == '\\' || c < ' ' || c > '~') c = '?';
    return result;
  }

  void write_line(std::string line) const {
    line += '\n';
    // Writable means that the line fits: a pipe has room for PIPE_BUF bytes then, and every line is shorter.
    pollfd ready{.fd = fd_, .events = POLLOUT, .revents = 0};
    if (poll(&ready, 1, kStatusPollMs) != 1 || (ready.revents & POLLOUT) == 0) return;
    // A supervisor that died is no reason to stop: it is the reason why we are here.
    [[maybe_unused]] const ssize_t bytes = write(fd_, line.data(), line.size());
  }

  int fd_;
};

// ---------------------------------------------------------------------------------------------- the harness

// Runs in the child between fork and exec: only calls that are safe there. Never returns.
[[noreturn]] void become_harness(pid_t guard, int error_fd, char** command) {
  setpgid(0, 0);
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  // The guard may have died before that line took effect.
  if (getppid() != guard) _exit(kUnavailable);
  // Where Yama allows only ancestors to read a process, kvtool's snapshot program is none. Fails where Yama
  // is not built in, and is not needed there.
  prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY);
  for (int number = 1; number < NSIG; ++number) signal(number, SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  execvp(command[0], command);
  const int error = errno;
  [[maybe_unused]] const ssize_t bytes = write(error_fd, &error, sizeof error);
  _exit(kUnavailable);
}

struct Harness {
  pid_t pid = -1;
  UniqueFd exec_result;  // gives an errno when exec failed, the end of the file when it succeeded
};

std::optional<Harness> start_harness(char** command) {
  std::array<int, 2> ends;
  if (pipe2(ends.data(), O_CLOEXEC) != 0) return std::nullopt;
  UniqueFd read_end(ends[0]);
  const UniqueFd write_end(ends[1]);
  const pid_t guard = getpid();
  const pid_t pid = fork();
  if (pid < 0) return std::nullopt;
  if (pid == 0) become_harness(guard, write_end.get(), command);
  setpgid(pid, pid);  // in both, so that the group exists whoever runs first
  return Harness{.pid = pid, .exec_result = std::move(read_end)};
}

// ---------------------------------------------------------------------------------------------- the guard

class Guard {
 public:
  Guard(int control_fd, const Status& status, std::string_view command, Harness harness,
        UniqueFd child_signals)
      : control_fd_(control_fd),
        status_(status),
        command_(command),
        harness_(std::move(harness)),
        child_signals_(std::move(child_signals)) {}

  int run() {
    while (!harness_end_ && !kill_all_) wait_for_event();
    if (exec_error_ != 0) return kUnavailable;
    sweep();
    return 0;
  }

 private:
  void wait_for_event() {
    std::array<pollfd, 3> events{pollfd{.fd = control_fd_, .events = POLLIN, .revents = 0},
                                 pollfd{.fd = child_signals_.get(), .events = POLLIN, .revents = 0},
                                 pollfd{.fd = harness_.exec_result.get(), .events = POLLIN, .revents = 0}};
    if (poll(events.data(), events.size(), -1) < 0) return;
    if (events[2].revents != 0) take_exec_result();
    if (events[0].revents != 0) take_commands();
    if (events[1].revents != 0) drain_child_signals();
    // After a failed exec the child's own end is no news.
    if (exec_error_ == 0) reap();
  }

  void take_exec_result() {
    int error = 0;
    const ssize_t bytes = read(harness_.exec_result.get(), &error, sizeof error);
    if (bytes < 0 && errno == EINTR) return;
    harness_.exec_result = UniqueFd();
    if (bytes == sizeof error) {
      exec_error_ = error;
      status_.exec_failed(error, command_);
      waitpid(harness_.pid, nullptr, 0);  // it ends right after its write
      kill_all_ = true;
      return;
    }
    status_.started(harness_.pid);
  }

  void take_commands() {
    std::array<char, 64> bytes;
    const ssize_t count = read(control_fd_, bytes.data(), bytes.size());
    if (count < 0 && (errno == EINTR || errno == EAGAIN)) return;
    if (count <= 0) {
      kill_all_ = true;  // the supervisor is gone
      return;
    }
    for (const char byte : std::string_view(bytes.data(), static_cast<std::size_t>(count))) {
      if (byte == 'k') kill_all_ = true;
      // Not after its end: then the number may be another group's.
      if (byte == 't' && !harness_end_) kill(-harness_.pid, SIGTERM);
    }
  }

  void drain_child_signals() {
    signalfd_siginfo ignored;
    while (read(child_signals_.get(), &ignored, sizeof ignored) == sizeof ignored) {
    }
  }

  // Reaps every child that has ended; false when there is no child left at all.
  bool reap() {
    for (;;) {
      siginfo_t how{};
      // Looks first: until it is reaped its number cannot be given to another process, so its group can be
      // killed.
      if (waitid(P_ALL, 0, &how, WEXITED | WNOHANG | WNOWAIT) != 0) return errno != ECHILD;
      if (how.si_pid == 0) return true;
      if (how.si_pid == harness_.pid && !harness_end_) {
        report_harness_end(how);
      } else if (sweeping_ && how.si_code == CLD_KILLED && how.si_status == SIGKILL) {
        strays_++;
      }
      waitid(P_PID, static_cast<id_t>(how.si_pid), &how, WEXITED | WNOHANG);
    }
  }

  void report_harness_end(const siginfo_t& how) {
    // exec's result and the end of a short harness may arrive together.
    if (harness_.exec_result) take_exec_result();
    if (exec_error_ != 0) return;
    harness_end_ = true;
    sweeping_ = true;
    kill(-harness_.pid, SIGKILL);  // the rest of its group, in one step
    status_.exited(how);
  }

  // Kills until there is no descendant. One that left its parent is our child (we are the subreaper), so as
  // long as any descendant lives, some child of ours does: "no child" means "none left".
  void sweep() {
    sweeping_ = true;
    if (!harness_end_) kill(-harness_.pid, SIGKILL);
    const auto limit = Clock::now() + kSweepLimit;
    while (reap()) {
      kill_children();
      if (Clock::now() >= limit) break;
      pollfd ended{.fd = child_signals_.get(), .events = POLLIN, .revents = 0};
      poll(&ended, 1, kSweepPollMs);
      drain_child_signals();
    }
    status_.done(strays_, reap() ? std::max(1, for_each_child([](pid_t) {})) : 0);
  }

  void kill_children() {
    for_each_child([](pid_t pid) { kill(pid, SIGKILL); });
  }

  // Calls `act` for every child of ours that has not ended; how many there are. A child's number cannot be
  // given to another process before we reap it.
  template <typename Act>
  static int for_each_child(Act act) {
    DIR* processes = opendir("/proc");
    if (processes == nullptr) return 0;
    const pid_t self = getpid();
    int count = 0;
    while (const dirent* entry = readdir(processes)) {
      if (entry->d_name[0] < '1' || entry->d_name[0] > '9') continue;
      const auto stat = read_stat(entry->d_name);
      if (!stat || stat->parent != self || stat->state == 'Z' || stat->state == 'X') continue;
      act(stat->pid);
      count++;
    }
    closedir(processes);
    return count;
  }

  static std::optional<kvtool::snapshot::Stat> read_stat(const char* pid) {
    std::array<char, 64> path;
    std::snprintf(path.data(), path.size(), "/proc/%.20s/stat", pid);
    const UniqueFd file(open(path.data(), O_RDONLY | O_CLOEXEC));
    std::array<char, 1024> text;
    const ssize_t bytes = file ? read(file.get(), text.data(), text.size()) : -1;
    if (bytes <= 0) return std::nullopt;
    return kvtool::snapshot::parse_stat({text.data(), static_cast<std::size_t>(bytes)});
  }

  int control_fd_;
  const Status& status_;
  std::string_view command_;
  Harness harness_;
  UniqueFd child_signals_;
  bool harness_end_ = false;  // reaped and reported
  bool kill_all_ = false;
  bool sweeping_ = false;  // whoever dies by SIGKILL from now on was killed by us
  int exec_error_ = 0;
  int strays_ = 0;
};

// ---------------------------------------------------------------------------------------------- start

struct Arguments {
  int control_fd = -1;
  int status_fd = -1;
  char** command = nullptr;
};

std::optional<int> open_descriptor(std::string_view text) {
  int fd = -1;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), fd);
  if (error != std::errc{} || end != text.data() + text.size() || fd < 0) return std::nullopt;
  if (fcntl(fd, F_GETFD) < 0) return std::nullopt;
  return fd;
}

// What is wrong, or nothing.
std::optional<std::string> parse(int count, char** words, Arguments& out) {
  for (int i = 1; i < count; ++i) {
    const std::string_view word = words[i];
    if (word == "--") {
      if (i + 1 == count) return "found nothing after `--`; expected the command to run";
      out.command = words + i + 1;
      break;
    }
    if ((word != "--control-fd" && word != "--status-fd") || i + 1 == count)
      return "found `" + std::string(word) + "`; expected --control-fd N --status-fd M -- COMMAND ARGS...";
    const auto fd = open_descriptor(words[++i]);
    if (!fd)
      return "found " + std::string(word) + " " + words[i] + "; expected the number of an open descriptor";
    (word == "--control-fd" ? out.control_fd : out.status_fd) = *fd;
  }
  if (out.control_fd < 0 || out.status_fd < 0 || out.command == nullptr)
    return "expected --control-fd N --status-fd M -- COMMAND ARGS...";
  return std::nullopt;
}

// SIGCHLD as a descriptor, so that poll() waits for it and for the supervisor at once.
UniqueFd child_signals() {
  sigset_t mask;
  sigemptyset(&mask);
  sigaddset(&mask, SIGCHLD);
  sigprocmask(SIG_BLOCK, &mask, nullptr);
  return UniqueFd(signalfd(-1, &mask, SFD_CLOEXEC | SFD_NONBLOCK));
}

}  // namespace

int main(int count, char** words) {
  Arguments arguments;
  if (const auto wrong = parse(count, words, arguments)) return complain(*wrong);
  fcntl(arguments.control_fd, F_SETFD, FD_CLOEXEC);
  fcntl(arguments.status_fd, F_SETFD, FD_CLOEXEC);

  // The supervisor decides what a Ctrl-C means; it says so by the control descriptor. SIGPIPE: it may be
  // dead.
  for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE}) signal(number, SIG_IGN);
  prctl(PR_SET_CHILD_SUBREAPER, 1);
  const Status status(arguments.status_fd);
  UniqueFd signals = child_signals();
  auto harness = signals ? start_harness(arguments.command) : std::nullopt;
  if (!harness) {
    status.exec_failed(errno, arguments.command[0]);
    return kUnavailable;
  }
  return Guard(arguments.control_fd, status, arguments.command[0], std::move(*harness), std::move(signals))
      .run();
}

#include "core/runtime/real_actors.h"

#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <barrier>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>

#include "core/runtime/invariants.h"
#include "core/runtime/perturbation.h"

namespace kvtool {

namespace {

// In memory that parent and child share.
struct Shared {
  std::atomic<std::uint64_t> rounds{0};  // written by the child; relaxed: it only counts
};

void one_round(explore::Program& program, std::uint64_t seed) {
  program.reset();
  Perturbation::enable(seed);
  const unsigned actors = program.actors();
  // All at once: threads are otherwise done before the next one has started.
  std::barrier start(static_cast<std::ptrdiff_t>(actors));
  std::vector<std::thread> threads;
  threads.reserve(actors);
  for (unsigned i = 0; i < actors; ++i)
    threads.emplace_back([&, i] {
      Perturbation::name_this_thread(program.actor_name(i));
      start.arrive_and_wait();
      program.run(i);
    });
  for (std::thread& thread : threads) thread.join();
  program.finish();
}

void write_line(int out, std::string_view text) {
  const std::string line = std::string(text) + '\n';
  for (std::size_t at = 0; at < line.size();) {
    const ssize_t written = write(out, line.data() + at, line.size() - at);
    if (written <= 0) return;
    at += static_cast<std::size_t>(written);
  }
}

[[noreturn]] void child(const std::function<std::unique_ptr<explore::Program>()>& make,
                        const RealRunOptions& options, Shared& shared, int out) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  // At once: the round in which one broke may hang.
  tell_broken_invariants([out](std::string_view invariant) { write_line(out, invariant); });
  try {
    const auto program = make();
    const auto begin = std::chrono::steady_clock::now();
    for (std::uint64_t round = 0; round < options.rounds; ++round) {
      if (options.longest.count() > 0 && std::chrono::steady_clock::now() - begin > options.longest) break;
      one_round(*program, round_seed(options.seed, round));
      shared.rounds.fetch_add(1, std::memory_order_relaxed);
      if (!take_broken_invariants().empty() && options.stop_at_first) break;
    }
  } catch (const std::exception& error) {
    write_line(out, std::string("exception: ") + error.what());
  }
  _exit(0);
}

class Pipe {
 public:
  Pipe() {
    if (pipe(ends_) != 0) throw std::system_error(errno, std::generic_category(), "pipe");
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  ~Pipe() {
    close_write();
    close(ends_[0]);
  }
  int read_end() const { return ends_[0]; }
  int write_end() const { return ends_[1]; }
  void close_write() {
    if (ends_[1] >= 0) close(std::exchange(ends_[1], -1));
  }

 private:
  int ends_[2] = {-1, -1};
};

// Of /proc/PID/task/TID/status.
struct ThreadState {
  bool runs = false;
  std::uint64_t turns = 0;  // how often it had a processor and left it
};

ThreadState thread_state(const std::filesystem::path& task) {
  ThreadState state;
  std::ifstream file(task / "status");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("State:")) state.runs = line.find('R') != std::string::npos;
    if (line.find("_ctxt_switches:") != std::string::npos)
      state.turns += std::strtoull(line.c_str() + line.find(':') + 1, nullptr, 10);
  }
  return state;
}

// Every thread of `pid` waits for something, or has had so many turns that it computes in vain: with yields
// in a loop it gets little of a processor that others want. The actors' threads are as old as their round.
bool all_wait(pid_t pid) {
  constexpr std::uint64_t kManyTurns = 20;
  std::error_code gone;
  for (std::filesystem::directory_iterator task("/proc/" + std::to_string(pid) + "/task", gone), end;
       !gone && task != end; task.increment(gone)) {
    const ThreadState state = thread_state(task->path());
    if (state.runs && state.turns < kManyTurns) return false;
  }
  return !gone;
}

std::chrono::nanoseconds processor_time(pid_t pid) {
  clockid_t clock{};
  timespec time{};
  if (clock_getcpuclockid(pid, &clock) != 0 || clock_gettime(clock, &time) != 0) return {};
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

// Tells a child that hangs from one that does not get the processor: nothing has ended for long enough, and
// all of its threads wait, twice in a row, or it has computed for as long as a processor of its own would in
// half of the time.
class Progress {
 public:
  Progress(pid_t pid, std::chrono::milliseconds patience) : pid_(pid), patience_(patience) {}

  bool hangs(std::uint64_t rounds) {
    const auto now = std::chrono::steady_clock::now();
    if (rounds != rounds_) {
      rounds_ = rounds;
      since_ = now;
      waiting_ = 0;
      used_ = processor_time(pid_);
    }
    if (now - since_ <= patience_) return false;
    waiting_ = all_wait(pid_) ? waiting_ + 1 : 0;
    return waiting_ > 1 || processor_time(pid_) - used_ > patience_ / 2;
  }

 private:
  const pid_t pid_;
  const std::chrono::milliseconds patience_;
  std::uint64_t rounds_ = 0;
  std::chrono::steady_clock::time_point since_ = std::chrono::steady_clock::now();
  std::chrono::nanoseconds used_{0};
  unsigned waiting_ = 0;
};

}  // namespace

RealRunResult run_for_real(const std::function<std::unique_ptr<explore::Program>()>& make,
                           const RealRunOptions& options) {
  void* memory = mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) throw std::system_error(errno, std::generic_category(), "mmap");
  auto& shared = *new (memory) Shared;
  Pipe pipe;
  std::fflush(nullptr);  // or the child's exit may write what is still buffered once more
  const pid_t pid = fork();
  if (pid < 0) throw std::system_error(errno, std::generic_category(), "fork");
  if (pid == 0) child(make, options, shared, pipe.write_end());
  pipe.close_write();

  RealRunResult result;
  std::string text;
  Progress progress(pid, options.hung_after);
  for (;;) {
    pollfd ready{.fd = pipe.read_end(), .events = POLLIN, .revents = 0};
    constexpr int kLookEveryMs = 50;
    if (poll(&ready, 1, kLookEveryMs) > 0) {
      char buffer[4096];
      const ssize_t size = read(pipe.read_end(), buffer, sizeof(buffer));
      if (size <= 0) break;  // the child is done, or dead
      text.append(buffer, static_cast<std::size_t>(size));
      continue;
    }
    const std::uint64_t rounds = shared.rounds.load(std::memory_order_relaxed);
    if (options.progress) options.progress(rounds);
    if (progress.hangs(rounds)) {
      result.end = RealRunResult::End::hung;
      kill(pid, SIGKILL);
      break;
    }
  }
  int status = 0;
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  result.rounds = shared.rounds.load(std::memory_order_relaxed);
  munmap(memory, sizeof(Shared));
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = text.find('\n', at);
    result.broken.push_back(text.substr(at, end - at));
    at = end == std::string::npos ? text.size() : end + 1;
  }
  if (result.end == RealRunResult::End::hung) return result;
  if (WIFSIGNALED(status)) {
    result.end = RealRunResult::End::crashed;
    result.broken.push_back(std::string("killed by ") + strsignal(WTERMSIG(status)));
  } else if (!result.broken.empty()) {
    result.end = RealRunResult::End::broken;
  }
  return result;
}

}  // namespace kvtool

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
#include <cstring>
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

[[noreturn]] void child(const std::function<std::unique_ptr<explore::Program>()>& make,
                        const RealRunOptions& options, Shared& shared, int out) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  std::string text;
  try {
    const auto program = make();
    for (std::uint64_t round = 0; round < options.rounds; ++round) {
      one_round(*program, options.seed + round);
      shared.rounds.fetch_add(1, std::memory_order_relaxed);
      const std::vector<std::string> broken = take_broken_invariants();
      for (const std::string& line : broken) text += line + '\n';
      if (!broken.empty() && options.stop_at_first) break;
    }
  } catch (const std::exception& error) {
    text += std::string("exception: ") + error.what() + '\n';
  }
  for (std::size_t at = 0; at < text.size();) {
    const ssize_t written = write(out, text.data() + at, text.size() - at);
    if (written <= 0) break;
    at += static_cast<std::size_t>(written);
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

}  // namespace

RealRunResult run_for_real(const std::function<std::unique_ptr<explore::Program>()>& make,
                           const RealRunOptions& options) {
  void* memory = mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) throw std::system_error(errno, std::generic_category(), "mmap");
  auto& shared = *new (memory) Shared;
  Pipe pipe;
  const pid_t pid = fork();
  if (pid < 0) throw std::system_error(errno, std::generic_category(), "fork");
  if (pid == 0) child(make, options, shared, pipe.write_end());
  pipe.close_write();

  RealRunResult result;
  std::string text;
  std::uint64_t last_rounds = 0;
  auto last_progress = std::chrono::steady_clock::now();
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
    const auto now = std::chrono::steady_clock::now();
    const std::uint64_t rounds = shared.rounds.load(std::memory_order_relaxed);
    if (rounds != last_rounds) {
      last_rounds = rounds;
      last_progress = now;
    } else if (now - last_progress > options.hung_after) {
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

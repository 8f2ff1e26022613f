#include "core/snapshot/tracee.h"

#include <elf.h>
#include <sched.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/uio.h>
#include <sys/wait.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <span>
#include <thread>
#include <utility>

namespace kvtool::snapshot {
namespace {

using Clock = std::chrono::steady_clock;

// ptrace's wait status holds the kind of stop above the signal.
constexpr unsigned kEventShift = 16;

long trace(__ptrace_request request, pid_t tid, void* address, void* data) {
  return ptrace(request, tid, address, data);
}

// While somebody stands still for us, nobody should take the processor from us: on a busy machine that would
// make a pause of 50 us one of milliseconds. Needs CAP_SYS_NICE; without it the pause is what it is. Not real
// time: those who are to stop need a processor too, before we have a use for ours.
void become_urgent() {
  constexpr int kFirst = -20;
  setpriority(PRIO_PROCESS, 0, kFirst);
}

void* as_pointer(std::uintptr_t value) { return reinterpret_cast<void*>(value); }

}  // namespace

Tracee::Tracee(pid_t tid) : tid_(tid) {
  if (trace(PTRACE_SEIZE, tid, nullptr, nullptr) == 0) {
    state_ = State::seized;
    return;
  }
  error_ = errno;
  state_ = error_ == ESRCH ? State::gone : State::refused;
}

Tracee::Tracee(Tracee&& other) noexcept
    : tid_(other.tid_),
      state_(std::exchange(other.state_, State::released)),
      error_(other.error_),
      signal_(other.signal_),
      asked_at_(other.asked_at_) {}

Tracee::~Tracee() {
  // One that runs cannot be let go: the end of the thread that traces it does that.
  release();
}

void Tracee::interrupt() {
  if (state_ != State::seized) return;
  asked_at_ = Clock::now();
  if (trace(PTRACE_INTERRUPT, tid_, nullptr, nullptr) == 0) {
    state_ = State::asked;
    return;
  }
  error_ = errno;
  state_ = State::gone;
}

Tracee::State Tracee::poll() {
  if (state_ != State::asked) return state_;
  int status = 0;
  const pid_t who = waitpid(tid_, &status, __WALL | WNOHANG);
  if (who == 0 || (who < 0 && errno == EINTR)) return state_;
  if (who < 0 || !WIFSTOPPED(status)) return state_ = State::gone;
  // A signal was on its way: it is for the target, and as good a stop.
  const auto event = static_cast<unsigned>(status) >> kEventShift;
  signal_ = event == PTRACE_EVENT_STOP ? 0 : WSTOPSIG(status);
  return state_ = State::stopped;
}

bool Tracee::await_stop(std::chrono::microseconds limit) {
  while (poll() == State::asked) {
    if (Clock::now() - asked_at_ > limit) return false;
    sched_yield();
  }
  return state_ == State::stopped;
}

std::optional<ProcessorState> Tracee::read_registers() const {
  std::array<std::byte, 512> set;
  iovec where{set.data(), set.size()};
  if (trace(PTRACE_GETREGSET, tid_, as_pointer(NT_PRSTATUS), &where) != 0) return std::nullopt;
  return decode_registers(std::span(set).first(where.iov_len));
}

std::chrono::nanoseconds Tracee::release() {
  if (state_ != State::stopped) return {};
  state_ = State::released;
  trace(PTRACE_DETACH, tid_, nullptr, as_pointer(static_cast<std::uintptr_t>(signal_)));
  return Clock::now() - asked_at_;
}

void on_tracer_thread(const std::function<void()>& work) {
  std::thread tracer([&] {
    become_urgent();
    work();
  });
  tracer.join();
}

}  // namespace kvtool::snapshot

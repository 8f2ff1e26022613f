#include "core/snapshot/single_stop.h"

#include <algorithm>
#include <cerrno>
#include <optional>
#include <variant>

#include "core/snapshot/tracee.h"

namespace kvtool::snapshot {
namespace {

// A thread stops as soon as it is about to leave the kernel. One that has not after this long is busy in
// there.
constexpr std::chrono::microseconds kStopLimit{20'000};
// What is further out changes last, and copying it would double the pause.
constexpr std::size_t kStackBytes = std::size_t{256} << 10;

// Why seizing failed.
StopOutcome reason(const Target& target, pid_t tid) {
  const auto stat = parse_stat(target.task_file(tid, "stat").text);
  if (!stat || has_ended(stat->state)) return StopOutcome::gone;
  const auto status = parse_status(target.task_file(tid, "status").text);
  return status && status->tracer != 0 ? StopOutcome::traced : StopOutcome::refused;
}

}  // namespace

StopOutcome SingleStop::stop(pid_t tid, std::span<const std::uint64_t> pages) {
  stack_.prepare(kStackBytes);
  page_bytes_.resize(kPageLimit * kPageBytes);
  page_starts_.clear();
  paused_ = {};
  StopOutcome outcome = StopOutcome::gone;
  on_tracer_thread([&] { outcome = stop_now(tid, pages.first(std::min(pages.size(), kPageLimit))); });
  return outcome;
}

StopOutcome SingleStop::stop_now(pid_t tid, std::span<const std::uint64_t> pages) {
  Tracee tracee(tid);
  if (tracee.state() != Tracee::State::seized) return reason(target_, tid);
  if (!runs(tid)) return StopOutcome::blocked;

  tracee.interrupt();
  if (!tracee.await_stop(kStopLimit))
    return tracee.state() == Tracee::State::gone ? StopOutcome::gone : StopOutcome::too_slow;
  const auto state = tracee.read_registers();
  if (state) {
    stack_.copy(memory_, map_, state->registers.sp, kStackBytes);
    for (const std::uint64_t page : pages) {
      const auto room = std::span(page_bytes_).subspan(page_starts_.size() * kPageBytes, kPageBytes);
      if (memory_.read(page, room) == kPageBytes) page_starts_.push_back(page);
    }
  }
  paused_ = tracee.release();

  if (!state) return StopOutcome::foreign;
  state_ = *state;
  return StopOutcome::stopped;
}

bool SingleStop::runs(pid_t tid) const {
  const auto line = parse_syscall(target_.task_file(tid, "syscall").text);
  return line && std::holds_alternative<Running>(*line);
}

std::vector<SingleStop::Page> SingleStop::pages() const {
  std::vector<Page> copied;
  for (std::size_t i = 0; i < page_starts_.size(); ++i)
    copied.push_back(
        {.start = page_starts_[i], .bytes = std::span(page_bytes_).subspan(i * kPageBytes, kPageBytes)});
  return copied;
}

}  // namespace kvtool::snapshot

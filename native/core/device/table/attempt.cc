#include "core/device/table/attempt.h"

#include <utility>

namespace kvtool::table {

thread_local Attempt* Attempt::current_ = nullptr;

Attempt::Attempt(std::function<Status()> call)
    : thread_([this, run = std::move(call)] {
        current_ = this;
        const Status status = run();
        const std::lock_guard lock(mutex_);
        status_ = status;
        returned_ = true;
        changed_.notify_all();
      }) {}

void Attempt::report(std::string_view resource, std::string_view call) {
  if (current_ == nullptr) return;
  const std::lock_guard lock(current_->mutex_);
  current_->waits_for_.assign(resource);
  current_->inside_.assign(call);
  current_->changed_.notify_all();
}

Attempt::Answer Attempt::ask(std::chrono::milliseconds limit) {
  std::unique_lock lock(mutex_);
  const bool known = changed_.wait_for(lock, limit, [this] { return returned_ || !waits_for_.empty(); });
  if (!known) return Answer::unknown;
  return returned_ ? Answer::returned : Answer::blocks;
}

bool Attempt::returned(std::chrono::milliseconds limit) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, limit, [this] { return returned_; });
}

Status Attempt::result() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return returned_; });
  return status_;
}

std::string Attempt::waits_for() {
  const std::lock_guard lock(mutex_);
  return waits_for_;
}

std::string Attempt::inside() {
  const std::lock_guard lock(mutex_);
  return inside_;
}

}  // namespace kvtool::table

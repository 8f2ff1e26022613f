#include "core/device/cuda/stand_ins.h"

#include <chrono>
#include <optional>
#include <system_error>

namespace kvtool::cuda {
namespace {

// How often the thread looks whether the GPU has begun the kernel. No call of the driver may tell it: such a
// call can block, which is what scenarios make happen.
constexpr std::chrono::microseconds kLook{50};

}  // namespace

StandIns::~StandIns() {
  {
    const std::lock_guard guard(lock_);
    stopping_ = true;
  }
  changed_.notify_one();
  thread_.join();
  for (const Job& job : jobs_) {
    job.words->let_go();
    pool_.give_back(job.words, true);
  }
}

Status StandIns::submit(KernelBody body, const std::function<Status(HoldWords*)>& launch) {
  HoldWords* const words = pool_.take();
  if (words == nullptr) return Status::out_of_memory;
  const std::lock_guard in_order(order_);
  if (!thread_.joinable()) {
    try {
      thread_ = RealThread(identity_.thread, [this] { run(); });
    } catch (const std::system_error&) {  // no thread to be had
      pool_.give_back(words, false);
      return Status::out_of_memory;
    }
  }
  if (const Status status = launch(words); status != Status::ok) {
    pool_.give_back(words, false);
    return status;
  }
  {
    const std::lock_guard guard(lock_);
    jobs_.push_back({words, std::move(body)});
  }
  changed_.notify_one();
  return Status::ok;
}

void StandIns::run() {
  std::optional<Flight::Thread> line;
  if (identity_.flight != nullptr) line.emplace(*identity_.flight, identity_.line);
  std::unique_lock lock(lock_);
  for (;;) {
    changed_.wait(lock, [this] { return stopping_ || !jobs_.empty(); });
    if (stopping_) return;
    Job& job = jobs_.front();  // a deque keeps it where it is while others are added behind it
    lock.unlock();
    const bool begun = wait_for_begin(*job.words);
    if (begun) {
      {
        const ScopedHold idle(identity_.idle);
        const ScopedHold stream(identity_.stream);
        job.body();
        // What the body captured goes before the kernel ends, as on the simulated device.
        job.body = nullptr;
      }
      job.words->let_go();
    }
    lock.lock();
    if (!begun) return;
    pool_.give_back(job.words, true);
    jobs_.pop_front();
  }
}

bool StandIns::wait_for_begin(HoldWords& words) {
  std::unique_lock lock(lock_);
  while (words.read_state() == 0)
    if (changed_.wait_for(lock, kLook, [this] { return stopping_; })) return false;
  return true;
}

}  // namespace kvtool::cuda

#include "core/device/cuda/stand_ins.h"

#include <chrono>
#include <optional>
#include <system_error>

#include "core/device/sim/driver_model.h"

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
  {
    const std::lock_guard guard(lock_);
    if (!start()) {
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

bool StandIns::start() {
  if (thread_.joinable()) return true;
  try {
    thread_ = RealThread(identity_.thread, [this] { run(); });
  } catch (const std::system_error&) {
    return false;
  }
  return true;
}

void StandIns::run() {
  std::optional<Flight::Thread> line;
  if (identity_.flight != nullptr) line.emplace(*identity_.flight, identity_.line);
  Lock lock(lock_);
  for (;;) {
    changed_.wait(lock, [this] { return stopping_ || !jobs_.empty() || queued_behind_others(); });
    if (stopping_) return;
    if (!jobs_.empty())
      run_body(lock);
    else
      speak_for_the_queue(lock);
  }
}

void StandIns::run_body(Lock& lock) {
  Job& job = jobs_.front();  // a deque keeps it where it is while others are added behind it
  if (!wait_for_begin(*job.words, lock)) return;
  lock.unlock();
  {
    const ScopedHold idle(identity_.idle);
    const ScopedHold stream(identity_.stream);
    job.body();
    // What the body captured goes before the kernel ends, as on the simulated device.
    job.body = nullptr;
  }
  job.words->let_go();
  lock.lock();
  pool_.give_back(job.words, true);
  jobs_.pop_front();
}

// False when the stream goes before the kernel begins.
bool StandIns::wait_for_begin(HoldWords& words, Lock& lock) {
  while (words.read_state() == 0)
    if (changed_.wait_for(lock, kLook, [this] { return stopping_; })) return false;
  return true;
}

void StandIns::speak_for_the_queue(Lock& lock) {
  const ScopedHold stream(identity_.stream);
  const ScopedWait wait(identity_.host_functions, call_name(Call::launch_host_function));
  changed_.wait(lock, [this] { return stopping_ || !jobs_.empty() || !queued_behind_others(); });
}

void StandIns::host_function_launched() {
  const std::lock_guard guard(lock_);
  ++host_functions_;
}

void StandIns::host_function_begins() {
  const std::lock_guard guard(lock_);
  host_function_runs_ = true;
  changed_.notify_one();
}

void StandIns::host_function_ends() {
  const std::lock_guard guard(lock_);
  host_function_runs_ = false;
  --host_functions_;
  changed_.notify_one();
}

void StandIns::count_waiter(int change) {
  if (identity_.flight == nullptr) return;  // nobody reads what it would say
  const std::lock_guard guard(lock_);
  waiters_ += change;
  if (start()) changed_.notify_one();
}

}  // namespace kvtool::cuda

#include "tools/explore/watchdog.h"

#include <signal.h>

#include <array>
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <utility>

#include "core/explorer/world.h"

namespace kvtool::explore {
namespace {

constexpr std::chrono::milliseconds kPeriod{250};

// Written by the signal handler on the explorer's thread, read by the watchdog's.
std::atomic<const World*> world_now{nullptr};
std::atomic<std::uint64_t> step_now{0};
std::atomic<std::uint64_t> answers{0};

void look(int /*signal*/) {
  const World* world = World::inside() ? &World::current() : nullptr;
  if (world != nullptr) step_now.store(world->total_steps() + world->step(), std::memory_order_relaxed);
  world_now.store(world, std::memory_order_relaxed);
  answers.fetch_add(1, std::memory_order_release);
}

}  // namespace

Watchdog::Watchdog(std::chrono::milliseconds patience, std::function<void(const std::string&)> stuck)
    : patience_(patience), stuck_(std::move(stuck)), watched_(pthread_self()) {
  // On a stack of its own: a fiber's is small, and may be the one that overflows.
  static std::array<std::byte, 64 * 1024> signal_stack;
  const stack_t stack{.ss_sp = signal_stack.data(), .ss_flags = 0, .ss_size = signal_stack.size()};
  sigaltstack(&stack, nullptr);
  struct sigaction action {};
  action.sa_handler = look;
  action.sa_flags = SA_ONSTACK | SA_RESTART;
  sigaction(SIGUSR2, &action, nullptr);
  thread_ = std::jthread([this](const std::stop_token& stop) { watch(stop); });
}

Watchdog::~Watchdog() = default;

void Watchdog::watch(const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any wake;
  std::unique_lock lock(mutex);
  const World* world = nullptr;
  std::uint64_t step = 0, heard = 0;
  auto since = std::chrono::steady_clock::now();
  while (!stop.stop_requested()) {
    pthread_kill(watched_, SIGUSR2);
    wake.wait_for(lock, stop, kPeriod, [] { return false; });
    const std::uint64_t answered = answers.load(std::memory_order_acquire);
    const World* const seen = world_now.load(std::memory_order_relaxed);
    const std::uint64_t at = step_now.load(std::memory_order_relaxed);
    const auto now = std::chrono::steady_clock::now();
    // A thread that does not get the processor to answer is not stuck in its program.
    if (answered == heard || seen == nullptr || seen != world || at != step) since = now;
    heard = answered;
    world = seen;
    step = at;
    if (now - since < patience_) continue;
    // Its thread stands still in the program: what it does not touch may be read.
    stuck_(world->quiet() ? "the program's set-up or final check"
                          : "actor " + world->agent_name(world->running()));
  }
}

}  // namespace kvtool::explore

// Perturbation: small seeded delays at named points of the code, which widen the windows between two
// operations in a stress run. Off, a point costs one load and one branch that is always predicted.
//
//   Perturbation::enable(seed);      // from now on Rt::perturb("recorder:before-launch") may yield or spin
//   Perturbation::disable();
#pragma once

#include <atomic>
#include <cstdint>
#include <string_view>

namespace kvtool {

// What a thread does at one point.
struct Delay {
  enum class Kind : std::uint8_t { none, yield, spin };
  Kind kind = Kind::none;
  std::uint32_t spin_ns = 0;
  bool operator==(const Delay&) const = default;
};

// What stands for a thread of that name in its decisions.
std::uint64_t thread_key(std::string_view name);

// The decisions of one thread, as a pure function of the seed, the thread's key and the points that it
// passes: the same actor decides the same way in a replay, whatever the order in which the threads were
// started.
class DelaySequence {
 public:
  constexpr DelaySequence() = default;
  DelaySequence(std::uint64_t seed, std::uint64_t thread);
  Delay next(std::string_view point);
  unsigned choose(unsigned alternatives);

 private:
  std::uint64_t state_ = 0;
};

class Perturbation {
 public:
  // Every thread begins a new sequence. A thread that is already running may pass a few points before it
  // notices, so for a reproducible run enable first and start the actors afterwards.
  static void enable(std::uint64_t seed);
  static void disable();

  // Relaxed: a thread that sees the switch late merely passes a point undisturbed.
  static bool enabled() { return on_.load(std::memory_order_relaxed); }

  // May yield or spin for at most a few microseconds. Takes no lock and allocates nothing, so a host function
  // may pass a point. (In a library opened with dlopen, a thread's first enabled point may allocate its
  // thread-local block; a disabled point never touches it.)
  static void pass(std::string_view point);

  // One of 0 ... alternatives - 1 by the calling thread's sequence, also while perturbation is off (then by a
  // sequence that nobody seeded). REQUIRES: alternatives > 0.
  static unsigned choose(unsigned alternatives);

  // Decides which sequence the calling thread follows. Threads without a name are numbered as they arrive,
  // which is not reproducible: give actors names.
  static void name_this_thread(std::string_view name);

 private:
  // Read at every point by every thread; see enabled().
  static inline std::atomic<bool> on_{false};
};

}  // namespace kvtool

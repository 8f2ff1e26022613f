#include "core/runtime/perturbation.h"

#include <sched.h>

#include "core/runtime/flight.h"

namespace kvtool {
namespace {

// One point in four yields and one in four spins: enough to reorder threads in most passages, and a run still
// takes no longer than about twice its undisturbed time.
constexpr std::uint64_t kKinds = 4;
// Longer than a contended lock hand-over (tens to hundreds of ns), far shorter than a time slice.
constexpr std::uint64_t kMaxSpinNs = 2'000;

std::uint64_t hash(std::string_view text) {  // FNV-1a
  std::uint64_t value = 0xcbf29ce484222325u;
  for (const char c : text) value = (value ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
  return value;
}

std::uint64_t mix(std::uint64_t value) {  // the finaliser of splitmix64 (Steele, Lea, Flood, OOPSLA 2014)
  value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9u;
  value = (value ^ (value >> 27)) * 0x94d049bb133111ebu;
  return value ^ (value >> 31);
}

// Written before `epoch` is raised and read after it was seen raised; atomic because two enable() calls may
// race.
std::atomic<std::uint64_t> seed{0};
// Raised by every enable(), so that a thread knows that its sequence belongs to an earlier one. Release on
// the raise and acquire on the read carry `seed` across.
std::atomic<std::uint32_t> epoch{0};
// Numbers the threads without a name. Relaxed: only uniqueness matters.
std::atomic<std::uint64_t> next_ordinal{1};

// A thread's place in its sequence. Touched by its own thread only, so nothing here is atomic.
struct Mine {
  std::uint64_t key = 0;
  std::uint32_t epoch = 0;
  DelaySequence sequence;
};
thread_local constinit Mine mine;

void spin(std::uint64_t duration_ns) {
  const std::uint64_t until = monotonic_ns() + duration_ns;
  while (monotonic_ns() < until) {
  }
}

}  // namespace

std::uint64_t thread_key(std::string_view name) { return hash(name); }

DelaySequence::DelaySequence(std::uint64_t run_seed, std::uint64_t thread) : state_(mix(run_seed ^ thread)) {}

Delay DelaySequence::next(std::string_view point) {
  state_ += 0x9e3779b97f4a7c15u;
  // The point takes part in the draw, so two actors of one name do not move in step through different code.
  const std::uint64_t draw = mix(state_ ^ hash(point));
  if (draw % kKinds == 0) return {Delay::Kind::yield, 0};
  if (draw % kKinds == 1) return {Delay::Kind::spin, static_cast<std::uint32_t>((draw >> 32) % kMaxSpinNs)};
  return {};
}

unsigned DelaySequence::choose(unsigned alternatives) {
  state_ += 0x9e3779b97f4a7c15u;
  return static_cast<unsigned>((mix(state_) >> 32) * alternatives >> 32);
}

void Perturbation::enable(std::uint64_t run_seed) {
  seed.store(run_seed, std::memory_order_relaxed);
  epoch.fetch_add(1, std::memory_order_release);
  on_.store(true, std::memory_order_relaxed);
}

void Perturbation::disable() { on_.store(false, std::memory_order_relaxed); }

void Perturbation::name_this_thread(std::string_view name) {
  mine.key = thread_key(name);
  mine.epoch = 0;  // no enabled epoch is 0: the sequence starts anew at the next point
}

namespace {
// The calling thread's sequence under the seed of now.
DelaySequence& my_sequence() {
  const std::uint32_t now = epoch.load(std::memory_order_acquire);
  if (mine.epoch != now || now == 0) {
    if (mine.key == 0) mine.key = mix(next_ordinal.fetch_add(1, std::memory_order_relaxed));
    if (mine.epoch != now) mine.sequence = DelaySequence(seed.load(std::memory_order_relaxed), mine.key);
    mine.epoch = now;
  }
  return mine.sequence;
}
}  // namespace

void Perturbation::pass(std::string_view point) {
  const Delay delay = my_sequence().next(point);
  if (delay.kind == Delay::Kind::yield) sched_yield();
  if (delay.kind == Delay::Kind::spin) spin(delay.spin_ns);
}

unsigned Perturbation::choose(unsigned alternatives) { return my_sequence().choose(alternatives); }

}  // namespace kvtool

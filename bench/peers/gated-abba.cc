// Two threads that take A and B in opposite orders, but only one at a time, under a gate: no deadlock is
// possible. Detectors that look at lock orders alone say otherwise.
#include <mutex>
#include <thread>

namespace {
std::mutex gate, a, b;

void both(std::mutex& first, std::mutex& second) {
  const std::lock_guard alone(gate);
  const std::lock_guard outer(first);
  const std::lock_guard inner(second);
}
}  // namespace

int main() {
  std::thread one([] { both(a, b); });
  std::thread two([] { both(b, a); });
  one.join();
  two.join();
}

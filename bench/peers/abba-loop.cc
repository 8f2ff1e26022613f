// What one does without an explorer: threads that take two locks each in a ring, round after round, until a
// round does not end. Prints the number of the round that hung, or "none" when the time is over.
//
//   abba-loop THREADS STEPS SECONDS       STEPS: atomic operations of each thread before it takes its locks
#include <atomic>
#include <barrier>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <thread>
#include <vector>

int main(int, char** argv) {
  const int threads = std::atoi(argv[1]);
  const int steps = std::atoi(argv[2]);
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(std::atoi(argv[3]));
  static std::vector<std::mutex> locks(static_cast<std::size_t>(threads));
  static std::atomic<long> rounds{0}, unrelated{0};
  static std::barrier together(threads);
  for (int i = 0; i < threads; ++i)
    std::thread([=] {
      std::mutex& first = locks[static_cast<std::size_t>(i)];
      std::mutex& second = locks[static_cast<std::size_t>((i + 1) % threads)];
      for (;;) {
        together.arrive_and_wait();
        for (int step = 0; step < steps; ++step) unrelated.fetch_add(1);
        const std::lock_guard outer(first);
        const std::lock_guard inner(second);
        if (i == 0) rounds.fetch_add(1);
      }
    }).detach();
  // A round takes microseconds: one that has not ended after a tenth of a second has hung.
  for (long before = -1; std::chrono::steady_clock::now() < end;) {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    const long now = rounds.load();
    if (now == before) {
      std::printf("%ld\n", now + 1);
      std::fflush(stdout);
      std::_Exit(0);
    }
    before = now;
  }
  std::puts("none");
  std::fflush(stdout);
  std::_Exit(0);
}

#include "tools/explore/process_limits.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include <cstddef>

namespace kvtool::explore {

void die_with_parent() { prctl(PR_SET_PDEATHSIG, SIGKILL); }

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
namespace {
// The stack grows by address space as well: where the program under test has taken all there is, the next
// deep call would be a segmentation fault. What has grown once stays.
[[gnu::noinline]] void grow_stack() {
  constexpr std::size_t kBytes = std::size_t{1} << 20U;
  constexpr std::size_t kPage = 4096;
  char room[kBytes];
  volatile char* const touched = room;
  for (std::size_t at = 0; at < kBytes; at += kPage) touched[at] = 0;
}
}  // namespace
#endif

void limit_memory([[maybe_unused]] std::uint64_t megabytes) {
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
  const rlim_t bytes = static_cast<rlim_t>(megabytes) << 20U;
  rlimit limit{};
  if (getrlimit(RLIMIT_AS, &limit) != 0) return;
  if (limit.rlim_cur != RLIM_INFINITY && limit.rlim_cur <= bytes) return;
  grow_stack();
  limit.rlim_cur = bytes;
  setrlimit(RLIMIT_AS, &limit);
#endif
}

}  // namespace kvtool::explore

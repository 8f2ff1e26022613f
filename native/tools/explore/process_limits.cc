#include "tools/explore/process_limits.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>

namespace kvtool::explore {

void die_with_parent() { prctl(PR_SET_PDEATHSIG, SIGKILL); }

void limit_memory([[maybe_unused]] std::uint64_t megabytes) {
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
  const rlim_t bytes = static_cast<rlim_t>(megabytes) << 20U;
  rlimit limit{};
  if (getrlimit(RLIMIT_AS, &limit) != 0) return;
  if (limit.rlim_cur != RLIM_INFINITY && limit.rlim_cur <= bytes) return;
  limit.rlim_cur = bytes;
  setrlimit(RLIMIT_AS, &limit);
#endif
}

}  // namespace kvtool::explore

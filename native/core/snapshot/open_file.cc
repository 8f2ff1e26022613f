#include "core/snapshot/open_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <cerrno>
#include <utility>

#if __has_include(<linux/openat2.h>)
#include <linux/openat2.h>
#endif

namespace kvtool::snapshot {
namespace {

// O_NONBLOCK: opening a FIFO that took the file's place must not block.
constexpr int kOpenFlags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;

UniqueFd only_regular(UniqueFd file) {
  struct stat facts {};
  if (file && (fstat(file.get(), &facts) != 0 || !S_ISREG(facts.st_mode))) return {};
  return file;
}

}  // namespace

UniqueFd open_regular(const std::string& path) {
  return only_regular(UniqueFd(open(path.c_str(), kOpenFlags)));
}

UniqueFd open_below(const UniqueFd& root, const std::string& path) {
  if (!root || !path.starts_with('/')) return {};
#ifdef SYS_openat2
  // RESOLVE_IN_ROOT: a link planted inside a container must not lead to a file outside of it.
  open_how how{};
  how.flags = kOpenFlags;
  how.resolve = RESOLVE_IN_ROOT;
  const auto in_root = static_cast<int>(syscall(SYS_openat2, root.get(), path.c_str(), &how, sizeof how));
  if (in_root >= 0) return only_regular(UniqueFd(in_root));
  if (errno != ENOSYS && errno != EPERM) return {};
#endif
  // Linux before 5.6, or a seccomp filter that does not know the call.
  return only_regular(UniqueFd(openat(root.get(), path.c_str() + 1, kOpenFlags)));
}

}  // namespace kvtool::snapshot

// Permission: why the kernel refuses to let us read a process, and the one setting that changes it.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>

namespace kvtool::snapshot {

struct PermissionFacts {
  uid_t own_user = 0;     // effective
  uid_t target_user = 0;  // effective
  bool has_ptrace_capability = false;
  std::optional<int> yama_scope =
      {};  // /proc/sys/kernel/yama/ptrace_scope; absent where Yama is not built in
};

// Reads our own side of it.
PermissionFacts permission_facts(uid_t target_user);

// Two sentences: what is refused, what to do.
std::string explain_refusal(const PermissionFacts& facts);

}  // namespace kvtool::snapshot

#include "core/snapshot/permission.h"

#include <unistd.h>

#include <fstream>
#include <iterator>

#include "core/snapshot/proc_files.h"

namespace kvtool::snapshot {
namespace {

constexpr unsigned kPtraceCapability = 19;  // CAP_SYS_PTRACE
constexpr int kYamaAnyOfUser = 0;
constexpr int kYamaNobody = 3;

constexpr const char* kContainerHint =
    "in a container, add the capability (docker run --cap-add SYS_PTRACE; Kubernetes: "
    "securityContext.capabilities.add: [SYS_PTRACE])";

}  // namespace

PermissionFacts permission_facts(uid_t target_user) {
  PermissionFacts facts;
  facts.own_user = geteuid();
  facts.target_user = target_user;
  std::ifstream own("/proc/self/status");
  const std::string text(std::istreambuf_iterator<char>(own), {});
  if (const auto status = parse_status(text); status && status->effective_capabilities)
    facts.has_ptrace_capability = ((*status->effective_capabilities >> kPtraceCapability) & 1) != 0;
  if (std::ifstream yama("/proc/sys/kernel/yama/ptrace_scope"); yama) {
    int scope = 0;
    if (yama >> scope) facts.yama_scope = scope;
  }
  return facts;
}

std::string explain_refusal(const PermissionFacts& facts) {
  const std::string refused =
      "No stacks, system calls or locks: the kernel refused to let this process read the "
      "target (EPERM). ";
  const int yama = facts.yama_scope.value_or(kYamaAnyOfUser);
  if (yama >= kYamaNobody)
    return refused + "kernel.yama.ptrace_scope is " + std::to_string(yama) +
           ", which forbids it to everybody until the next boot: boot with it set to 1 or lower.";
  if (facts.has_ptrace_capability)
    return refused +
           "CAP_SYS_PTRACE is present, so the target is in another user namespace or a security module "
           "forbids it: "
           "run this on the host, outside of the container.";
  if (facts.own_user == 0) return refused + "This is root without CAP_SYS_PTRACE: " + kContainerHint + ".";
  if (facts.own_user != facts.target_user)
    return refused + "It runs as user " + std::to_string(facts.target_user) + ", this as user " +
           std::to_string(facts.own_user) + ": run this as that user or as root.";
  if (yama > kYamaAnyOfUser)
    return refused + "kernel.yama.ptrace_scope is " + std::to_string(yama) +
           ": run this as root, or allow it with: sysctl kernel.yama.ptrace_scope=0; " + kContainerHint + ".";
  return refused +
         "The user is the same, so the target is not dumpable (it changed its user or has extra "
         "capabilities): run "
         "this as root; " +
         kContainerHint + ".";
}

}  // namespace kvtool::snapshot

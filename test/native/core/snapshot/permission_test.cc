#include "core/snapshot/permission.h"

#include <gtest/gtest.h>
#include <unistd.h>

namespace kvtool::snapshot {
namespace {

bool says(const PermissionFacts& facts, const std::string& advice) {
  return explain_refusal(facts).find(advice) != std::string::npos;
}

TEST(Permission, EveryCauseHasItsOwnAdvice) {
  EXPECT_TRUE(says({.own_user = 1000, .target_user = 0}, "run this as that user or as root"));
  EXPECT_TRUE(
      says({.own_user = 1000, .target_user = 1000, .yama_scope = 1}, "sysctl kernel.yama.ptrace_scope=0"));
  EXPECT_TRUE(
      says({.own_user = 1000, .target_user = 1000, .yama_scope = 2}, "kernel.yama.ptrace_scope is 2"));
  EXPECT_TRUE(says({.own_user = 0, .target_user = 0, .yama_scope = 3}, "until the next boot"));
  EXPECT_TRUE(says({.own_user = 0, .target_user = 0}, "--cap-add SYS_PTRACE"));
  EXPECT_TRUE(says({.own_user = 0, .target_user = 1000, .yama_scope = 1}, "--cap-add SYS_PTRACE"));
  EXPECT_TRUE(says({.own_user = 0, .target_user = 0, .has_ptrace_capability = true}, "run this on the host"));
  EXPECT_TRUE(says({.own_user = 1000, .target_user = 1000, .yama_scope = 0}, "not dumpable"));
}

TEST(Permission, KnowsOurOwnSide) {
  const PermissionFacts facts = permission_facts(12345);
  EXPECT_EQ(facts.own_user, geteuid());
  EXPECT_EQ(facts.target_user, 12345u);
  EXPECT_EQ(facts.yama_scope.has_value(), access("/proc/sys/kernel/yama/ptrace_scope", R_OK) == 0);
}

}  // namespace
}  // namespace kvtool::snapshot

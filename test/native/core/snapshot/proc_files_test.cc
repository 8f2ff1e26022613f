#include "core/snapshot/proc_files.h"

#include <gtest/gtest.h>

#include <variant>

namespace kvtool::snapshot {
namespace {

TEST(ParseStat, ReadsNameStateParentAndCpuTime) {
  const auto stat = parse_stat(
      "4711 (python3) S 4700 4711 4700 34816 4711 4194304 1234 0 5 0 250 17 0 0 20 0 9 0 8812 1 2 3\n");
  ASSERT_TRUE(stat);
  EXPECT_EQ(stat->pid, 4711);
  EXPECT_EQ(stat->name, "python3");
  EXPECT_EQ(stat->state, 'S');
  EXPECT_EQ(stat->parent, 4700);
  EXPECT_EQ(stat->cpu_ticks, 267u);
  EXPECT_FALSE(stat->kernel_thread);
}

TEST(ParseStat, NameEndsAtTheLastParenthesis) {
  const auto stat = parse_stat("12 (a) R 1 (b (c)) D 3 0 0 0 0 4194304 0 0 0 0 1 2 0\n");
  ASSERT_TRUE(stat);
  EXPECT_EQ(stat->name, "a) R 1 (b (c)");
  EXPECT_EQ(stat->state, 'D');
  EXPECT_EQ(stat->parent, 3);
  EXPECT_EQ(stat->cpu_ticks, 3u);
}

TEST(ParseStat, NameMayHoldBlanksAndLineFeedsOrBeEmpty) {
  EXPECT_EQ(parse_stat("1 (cuda EvtHandlr\n) S 3 0 0 0 0 0 0 0 0 0 1 2 0")->name, "cuda EvtHandlr\n");
  EXPECT_EQ(parse_stat("1 () S 3 0 0 0 0 0 0 0 0 0 1 2 0")->name, "");
}

TEST(ParseStat, KnowsKernelThreads) {
  const auto stat = parse_stat("2 (kthreadd) S 0 0 0 0 -1 2129984 0 0 0 0 0 3 0 0 20 0 1 0 5 0 0\n");
  ASSERT_TRUE(stat);
  EXPECT_TRUE(stat->kernel_thread);
}

TEST(ParseStat, RefusesWhatDoesNotFit) {
  EXPECT_FALSE(parse_stat(""));
  EXPECT_FALSE(parse_stat("17 python3 S 1"));
  EXPECT_FALSE(parse_stat("17 (python3"));
  EXPECT_FALSE(parse_stat(") 17 ("));
  EXPECT_FALSE(parse_stat("17 (python3) S 1 2 3"));
  EXPECT_FALSE(parse_stat("x (python3) S 3 0 0 0 0 0 0 0 0 0 1 2 0"));
  EXPECT_FALSE(parse_stat("17 (python3) Sleeping 3 0 0 0 0 0 0 0 0 0 1 2 0"));
}

constexpr const char* kStatus =
    "Name:\tpython3\nUmask:\t0022\nState:\tS (sleeping)\nTgid:\t4711\nNgid:\t0\nPid:\t4713\nPPid:\t1\n"
    "Uid:\t1000\t1001\t1000\t1000\nGid:\t0\t0\t0\t0\nNSpid:\t4713\t37\t3\nCapEff:\t00000000a80425fb\n";

TEST(ParseStatus, ReadsGroupUserNamespacesAndCapabilities) {
  const auto status = parse_status(kStatus);
  ASSERT_TRUE(status);
  EXPECT_EQ(status->group, 4711);
  EXPECT_EQ(status->user, 1001u);
  EXPECT_EQ(status->ids_in_namespaces, (std::vector<pid_t>{4713, 37, 3}));
  EXPECT_EQ(status->effective_capabilities, 0xa80425fbu);
}

TEST(ParseStatus, NeedsOnlyTheGroup) {
  const auto status = parse_status("Tgid:\t9\n");
  ASSERT_TRUE(status);
  EXPECT_FALSE(status->user);
  EXPECT_FALSE(status->effective_capabilities);
  EXPECT_TRUE(status->ids_in_namespaces.empty());
  EXPECT_FALSE(parse_status(""));
  EXPECT_FALSE(parse_status("Tgid:\t\n"));
  EXPECT_FALSE(parse_status("Name:\tTgid: 3\n"));
}

TEST(ParseSyscall, BlockedInACall) {
  const auto line =
      parse_syscall("202 0x55e2c9eff140 0x80 0x2 0x0 0x0 0xffffffffffffffff 0x7ff76133ce58 0x7ff7614a412b\n");
  ASSERT_TRUE(line);
  ASSERT_TRUE(std::holds_alternative<Syscall>(*line));
  const auto& call = std::get<Syscall>(*line);
  EXPECT_EQ(call.number, 202);
  EXPECT_EQ(call.args, (std::array<std::uint64_t, 6>{0x55e2c9eff140, 0x80, 2, 0, 0, 0xffffffffffffffff}));
  EXPECT_EQ(call.sp, 0x7ff76133ce58u);
  EXPECT_EQ(call.pc, 0x7ff7614a412bu);
}

TEST(ParseSyscall, Running) {
  const auto line = parse_syscall("running\n");
  ASSERT_TRUE(line);
  EXPECT_TRUE(std::holds_alternative<Running>(*line));
}

TEST(ParseSyscall, BlockedOutsideAnyCall) {
  const auto line = parse_syscall("-1 0x7fff9a2b1c40 0x55d0c0de\n");
  ASSERT_TRUE(line);
  const auto& call = std::get<Syscall>(*line);
  EXPECT_EQ(call.number, -1);
  EXPECT_EQ(call.sp, 0x7fff9a2b1c40u);
  EXPECT_EQ(call.pc, 0x55d0c0deu);
}

TEST(ParseSyscall, RefusesWhatDoesNotFit) {
  EXPECT_FALSE(parse_syscall(""));
  EXPECT_FALSE(parse_syscall("runnin\n"));
  EXPECT_FALSE(parse_syscall("-1\n"));
  EXPECT_FALSE(parse_syscall("-2 0x1 0x2\n"));
  EXPECT_FALSE(parse_syscall("202 0x1 0x2 0x3\n"));
  EXPECT_FALSE(parse_syscall("202 0x1 0x2 0x3 0x4 0x5 0x6 0x7\n"));
  EXPECT_FALSE(parse_syscall("202 0x1 0x2 0x3 0x4 0x5 0x6 0x7 0x1ffffffffffffffff\n"));
  EXPECT_FALSE(parse_syscall("202 0x1 0x2 0x3 0x4 0x5 0xzz 0x7 0x8\n"));
}

TEST(ParseMapping, File) {
  const auto mapping =
      parse_mapping("7ff7614a0000-7ff7615f0000 r-xp 00026000 fe:00 131 /usr/lib/x86_64-linux-gnu/libc.so.6");
  ASSERT_TRUE(mapping);
  EXPECT_EQ(mapping->start, 0x7ff7614a0000u);
  EXPECT_EQ(mapping->end, 0x7ff7615f0000u);
  EXPECT_EQ(mapping->offset, 0x26000u);
  EXPECT_EQ(mapping->inode, 131u);
  EXPECT_TRUE(mapping->readable);
  EXPECT_TRUE(mapping->executable);
  EXPECT_FALSE(mapping->deleted);
  EXPECT_EQ(mapping->path, "/usr/lib/x86_64-linux-gnu/libc.so.6");
}

TEST(ParseMapping, DeletedFileWithBlanksInItsName) {
  const auto mapping =
      parse_mapping("1000-2000 rw-s 00000000 00:05 77                /tmp/my model (1).so (deleted)");
  ASSERT_TRUE(mapping);
  EXPECT_TRUE(mapping->deleted);
  EXPECT_FALSE(mapping->executable);
  EXPECT_EQ(mapping->path, "/tmp/my model (1).so");
}

TEST(ParseMapping, AnonymousAndSpecial) {
  EXPECT_EQ(parse_mapping("1000-2000 rw-p 00000000 00:00 0 ")->path, "");
  EXPECT_EQ(parse_mapping("1000-2000 rw-p 00000000 00:00 0")->path, "");
  EXPECT_EQ(parse_mapping("1000-2000 rw-p 00000000 00:00 0                          [stack]")->path,
            "[stack]");
}

TEST(ParseMapping, RefusesWhatDoesNotFit) {
  EXPECT_FALSE(parse_mapping(""));
  EXPECT_FALSE(parse_mapping("1000 rw-p 0 00:00 0"));
  EXPECT_FALSE(parse_mapping("2000-1000 rw-p 0 00:00 0"));
  EXPECT_FALSE(parse_mapping("1000-2000 rw 0 00:00 0"));
  EXPECT_FALSE(parse_mapping("1000-2000 rw-p zz 00:00 0"));
}

TEST(ParseMaps, SkipsLinesThatDoNotFit) {
  const auto maps = parse_maps("1000-2000 r-xp 0 00:00 1 /a\nnonsense\n\n3000-4000 r--p 0 00:00 1 /a");
  ASSERT_EQ(maps.size(), 2u);
  EXPECT_EQ(maps[0].start, 0x1000u);
  EXPECT_EQ(maps[1].start, 0x3000u);
}

}  // namespace
}  // namespace kvtool::snapshot

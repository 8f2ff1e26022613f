#include "core/snapshot/address_map.h"

#include <gtest/gtest.h>

namespace kvtool::snapshot {
namespace {

AddressMap map_of(const char* text) { return AddressMap(parse_maps(text)); }

TEST(AddressMap, FindsTheMappingOfAnAddress) {
  const AddressMap map = map_of(
      "1000-2000 r--p 00000000 00:01 7 /lib/a.so\n"
      "2000-3000 r-xp 00001000 00:01 7 /lib/a.so\n"
      "5000-6000 rw-p 00000000 00:00 0 [stack]\n");
  EXPECT_EQ(map.find(0xfff), nullptr);
  EXPECT_EQ(map.find(0x1000)->offset, 0u);
  EXPECT_EQ(map.find(0x1fff)->offset, 0u);
  EXPECT_EQ(map.find(0x2000)->offset, 0x1000u);
  EXPECT_EQ(map.find(0x3000), nullptr);
  EXPECT_EQ(map.find(0x5fff)->path, "[stack]");
  EXPECT_EQ(map.find(0x6000), nullptr);
  EXPECT_TRUE(map.executable(0x2fff));
  EXPECT_FALSE(map.executable(0x1000));
  EXPECT_FALSE(map.executable(0x4000));
}

TEST(AddressMap, EmptyMapFindsNothing) {
  const AddressMap map(std::vector<Mapping>{});
  EXPECT_EQ(map.find(0x1000), nullptr);
  EXPECT_TRUE(map.modules().empty());
}

TEST(AddressMap, AModuleIsAFileThatIsMappedAsCode) {
  const auto modules = map_of(
                           "1000-2000 r--p 00000000 00:01 7 /lib/a.so\n"
                           "2000-3000 r-xp 00001000 00:01 7 /lib/a.so\n"
                           "3000-4000 rw-p 00000000 00:00 0 \n"
                           "4000-5000 rw-p 00002000 00:01 7 /lib/a.so\n"
                           "6000-9000 r--s 00000000 00:01 8 /models/weights.safetensors\n"
                           "a000-b000 r-xp 00000000 00:01 9 /lib/b.so\n")
                           .modules();
  ASSERT_EQ(modules.size(), 2u);
  EXPECT_EQ(modules[0].path, "/lib/a.so");
  EXPECT_EQ(modules[0].start, 0x1000u);
  EXPECT_EQ(modules[0].end, 0x5000u);
  EXPECT_EQ(modules[1].path, "/lib/b.so");
}

TEST(AddressMap, AFileThatIsLoadedTwiceIsTwoModules) {
  const auto modules = map_of(
                           "1000-2000 r--p 00000000 00:01 7 /lib/a.so\n"
                           "2000-3000 r-xp 00001000 00:01 7 /lib/a.so\n"
                           "8000-9000 r--p 00000000 00:01 7 /lib/a.so\n"
                           "9000-a000 r-xp 00001000 00:01 7 /lib/a.so\n")
                           .modules();
  ASSERT_EQ(modules.size(), 2u);
  EXPECT_EQ(modules[0].start, 0x1000u);
  EXPECT_EQ(modules[1].start, 0x8000u);
}

TEST(AddressMap, ACopyOfAPartOfAFileIsNoModule) {
  const auto modules = map_of(
                           "400000-746000 r--p 00000000 00:01 7 /usr/bin/node\n"
                           "746000-3044000 r-xp 00346000 00:01 7 /usr/bin/node\n"
                           "7000000-7001000 r-xp 00000000 00:00 0 \n"
                           "8000000-8205000 r-xp 01627000 00:01 7 /usr/bin/node\n"
                           "9000000-9001000 r-xp 00000000 00:01 9 /lib/b.so\n"
                           "a000000-a205000 r-xp 01627000 00:01 7 /usr/bin/node\n")
                           .modules();
  ASSERT_EQ(modules.size(), 2u);
  EXPECT_EQ(modules[0].path, "/usr/bin/node");
  EXPECT_EQ(modules[0].end, 0x3044000u);
  EXPECT_EQ(modules[1].path, "/lib/b.so");
}

TEST(BaseName, IsWhatFollowsTheLastSlash) {
  EXPECT_EQ(base_name("/usr/lib/libcuda.so.580.159.04"), "libcuda.so.580.159.04");
  EXPECT_EQ(base_name("[vdso]"), "[vdso]");
  EXPECT_EQ(base_name(""), "");
}

}  // namespace
}  // namespace kvtool::snapshot

#include "core/snapshot/python/paged_memory.h"

#include <gtest/gtest.h>

#include "../fake_memory.h"

namespace kvtool::snapshot::python {
namespace {

TEST(PagedMemory, PageIsReadOnceUntilForgotten) {
  FakeMemory source;
  for (std::uint64_t at = 0x1000; at < 0x2000; at += 8) source.put(at, at);
  int readings = 0;
  source.before_read([&] { ++readings; });
  PagedMemory pages(source);
  EXPECT_EQ(pages.value<std::uint64_t>(0x1008), 0x1008u);
  EXPECT_EQ(pages.value<std::uint64_t>(0x1ff8), 0x1ff8u);
  EXPECT_EQ(readings, 1);
  source.put<std::uint64_t>(0x1008, 7);
  EXPECT_EQ(pages.value<std::uint64_t>(0x1008), 0x1008u);
  pages.forget();
  EXPECT_EQ(pages.value<std::uint64_t>(0x1008), 7u);
}

TEST(PagedMemory, EdgesOfWhatIsMappedAreRead) {
  FakeMemory source;
  for (std::uint64_t at = 0x1800; at < 0x2800; at += 8) source.put(at, at);
  const PagedMemory pages(source);
  EXPECT_EQ(pages.value<std::uint64_t>(0x1800), 0x1800u) << "the page's beginning is not mapped";
  EXPECT_EQ(pages.value<std::uint64_t>(0x27f8), 0x27f8u);
  EXPECT_EQ(pages.value<std::uint64_t>(0x2800), std::nullopt);
  EXPECT_TRUE(pages.value<std::uint64_t>(0x1ffc)) << "across two pages";
  EXPECT_EQ(pages.value<std::uint64_t>(~std::uint64_t{3}), std::nullopt);
}

}  // namespace
}  // namespace kvtool::snapshot::python

#include "core/snapshot/v8/strings.h"

#include <gtest/gtest.h>

#include "core/snapshot/v8/fake_heap.h"

namespace kvtool::snapshot::v8 {
namespace {

constexpr int kCons = 1;
constexpr int kExternal = 2;
constexpr int kSliced = 3;
constexpr int kThin = 5;
constexpr int kUncached = 16;

TEST(Strings, AreReadInEveryForm) {
  FakeHeap fake;
  const Word hello = fake.text("hello");
  const Word world = fake.text(" world");
  const Word both = fake.string_of(kCons, 11, hello, world);
  EXPECT_EQ(text_of(fake.heap, hello, 100), "hello");
  EXPECT_EQ(text_of(fake.heap, fake.text(""), 100), "");
  EXPECT_EQ(text_of(fake.heap, both, 100), "hello world");
  EXPECT_EQ(text_of(fake.heap, both, 7), "hello w") << "no more than asked for";
  EXPECT_EQ(text_of(fake.heap, fake.string_of(kSliced, 4, both, FakeHeap::integer(3)), 100), "lo w");
  EXPECT_EQ(text_of(fake.heap, fake.string_of(kThin, 5, hello, 0), 100), "hello");

  const Word outside = fake.string_of(kExternal, 3, 0, 0x5000);
  for (int i = 0; i < 3; ++i) fake.memory.put(0x5000 + static_cast<std::uint64_t>(i), "abc"[i]);
  EXPECT_EQ(text_of(fake.heap, outside, 100), "abc");
  EXPECT_EQ(text_of(fake.heap, fake.string_of(kExternal | kUncached, 3, 0, 0x5000), 100), std::nullopt);
}

TEST(Strings, AreUtf8) {
  FakeHeap fake;
  EXPECT_EQ(text_of(fake.heap, fake.wide_text(u"größe 名 🂡"), 100), "größe 名 🂡");
  EXPECT_EQ(text_of(fake.heap, fake.text("gr\xf6\xdf"), 100), "größ") << "one byte is Latin-1";
  EXPECT_EQ(to_utf8(u"\xd83c!"), "\xef\xbf\xbd!") << "half of a pair";
}

TEST(Strings, OfGarbageGiveNothing) {
  FakeHeap fake;
  EXPECT_EQ(text_of(fake.heap, 0, 10), std::nullopt);
  EXPECT_EQ(text_of(fake.heap, FakeHeap::integer(7), 10), std::nullopt);
  EXPECT_EQ(text_of(fake.heap, 0xdeadbeef01, 10), std::nullopt);
  EXPECT_EQ(text_of(fake.heap, fake.array(fake.layout.fixed_array_type, {}), 10), std::nullopt);
  const Word text = fake.text("abc");
  fake.put<std::int32_t>(text, 12, -1);
  EXPECT_EQ(text_of(fake.heap, text, 10), std::nullopt);
  fake.put<std::int32_t>(text, 12, 1 << 30);
  EXPECT_EQ(text_of(fake.heap, text, 1 << 30), std::nullopt) << "longer than there is memory";
  EXPECT_EQ(text_of(fake.heap, fake.string_of(kSliced, 4, fake.text("ab"), FakeHeap::integer(1)), 9),
            std::nullopt);
  EXPECT_EQ(text_of(fake.heap, fake.string_of(kSliced, 4, fake.text("ab"), FakeHeap::integer(-1)), 9),
            std::nullopt);
  EXPECT_EQ(text_of(fake.heap, fake.string_of(6, 4, 0, 0), 9), std::nullopt) << "no such form";
}

TEST(Strings, ThatLeadInCirclesEnd) {
  FakeHeap fake;
  const Word ring = fake.string_of(kCons, 8, 0, 0);
  fake.put(ring, 16, ring);
  fake.put(ring, 24, ring);
  EXPECT_EQ(text_of(fake.heap, ring, 8), std::nullopt);
  const Word thin = fake.string_of(kThin, 8, 0, 0);
  fake.put(thin, 16, thin);
  EXPECT_EQ(text_of(fake.heap, thin, 8), std::nullopt);
}

}  // namespace
}  // namespace kvtool::snapshot::v8

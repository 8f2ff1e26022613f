#include "core/snapshot/python/objects.h"

#include <gtest/gtest.h>

#include <string>

#include "fake_python.h"

namespace kvtool::snapshot::python {
namespace {

TEST(Objects, TextInEveryWidthComesAsUtf8) {
  FakePython python(12);
  const Objects objects(python.memory, python.layout);
  EXPECT_EQ(objects.text(python.text("plain")), "plain");

  const auto wide = [&](std::uint32_t width, std::initializer_list<std::uint32_t> characters) {
    const std::uint64_t address = python.object("str", 120);
    python.word(address + python.layout.object.text_length, characters.size());
    python.memory.put(address + python.layout.object.text_state, (width | 8) << 2);
    std::uint64_t at = address + python.layout.object.text_other;
    for (const std::uint32_t character : characters) {
      for (std::uint32_t i = 0; i < width; ++i)
        python.memory.put(at + i, static_cast<std::uint8_t>(character >> (8 * i)));
      at += width;
    }
    return objects.text(address);
  };
  EXPECT_EQ(wide(1, {'n', 'a', 0xef, 'v', 'e'}), "naïve");
  EXPECT_EQ(wide(2, {0x65e5, 0x672c}), "日本");
  EXPECT_EQ(wide(4, {0x20000, 'x'}), "𠀀x");
  EXPECT_EQ(wide(3, {'x'}), std::nullopt) << "there is no such width";
}

TEST(Objects, WhatIsNoObjectGivesNothing) {
  FakePython python(12);
  const Objects objects(python.memory, python.layout);
  const std::uint64_t text = python.text("plain");
  EXPECT_EQ(objects.type_of(text), "str");
  for (const std::uint64_t address :
       {std::uint64_t{0}, std::uint64_t{8}, text + 1, text + 8, ~std::uint64_t{7}}) {
    EXPECT_EQ(objects.type_of(address), "") << std::hex << address;
    EXPECT_EQ(objects.text(address), std::nullopt);
    EXPECT_EQ(objects.bytes(address), std::nullopt);
  }
  EXPECT_EQ(objects.bytes(text), std::nullopt) << "it is a str";
}

TEST(Objects, LengthsAreBounded) {
  FakePython python(12);
  const Objects objects(python.memory, python.layout);
  const std::uint64_t bytes = python.bytes("x");
  python.word(bytes + python.layout.object.size, std::uint64_t{1} << 40);
  EXPECT_EQ(objects.bytes(bytes), std::nullopt);
  const std::uint64_t text = python.text("plain");
  python.word(text + python.layout.object.text_length, ~std::uint64_t{0});
  EXPECT_EQ(objects.text(text), std::nullopt) << "there is not so much memory";
}

TEST(Objects, CStringsEndWithinTheLimit) {
  FakePython python(12);
  const Objects objects(python.memory, python.layout);
  const std::uint64_t address = python.allocate(16);
  python.string(address, "_thread.lock");
  EXPECT_EQ(objects.c_string(address, 64), "_thread.lock");
  EXPECT_EQ(objects.c_string(address, 4), std::nullopt);
  EXPECT_EQ(objects.c_string(1, 4), std::nullopt);
}

}  // namespace
}  // namespace kvtool::snapshot::python

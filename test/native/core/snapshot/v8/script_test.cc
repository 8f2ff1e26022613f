#include "core/snapshot/v8/script.h"

#include <gtest/gtest.h>

#include "core/snapshot/v8/fake_heap.h"

namespace kvtool::snapshot::v8 {
namespace {

struct FakeScript {
  explicit FakeScript(Word source) : scripts(fake.heap) { make(source); }
  explicit FakeScript(std::string_view source) : scripts(fake.heap) { make(fake.text(source)); }
  void make(Word source) {
    script = fake.object(fake.layout.script_type, 112);
    fake.put(script, 8, source);
    fake.put(script, 16, fake.text("/srv/app.js"));
    fake.put(script, 24, FakeHeap::integer(0));
    fake.put(script, 32, FakeHeap::integer(0));
  }
  std::string at(int position) {
    const auto line = scripts.line_of(script, position);
    return line ? std::to_string(line->line) + ":" + std::to_string(line->column) : "none";
  }
  FakeHeap fake;
  Scripts scripts;
  Word script = 0;
};

TEST(Script, CountsLinesFromOne) {
  FakeScript app("ab\ncd\n\nef");
  EXPECT_EQ(app.scripts.name(app.script), "/srv/app.js");
  EXPECT_EQ(app.at(0), "1:1");
  EXPECT_EQ(app.at(1), "1:2");
  EXPECT_EQ(app.at(2), "1:3") << "the end of a line belongs to it";
  EXPECT_EQ(app.at(3), "2:1");
  EXPECT_EQ(app.at(6), "3:1");
  EXPECT_EQ(app.at(7), "4:1");
  EXPECT_EQ(app.at(9), "4:3") << "behind the last character";
  EXPECT_EQ(app.at(10), "none");
  EXPECT_EQ(app.at(-1), "none");
}

TEST(Script, KnowsAllEndsOfLines) {
  FakeScript app("a\r\nb\rc");
  EXPECT_EQ(app.at(3), "2:1");
  EXPECT_EQ(app.at(5), "3:1");
}

TEST(Script, TakesTheListThatV8Made) {
  FakeScript app("no lines here");
  const auto& layout = app.fake.layout;
  app.fake.put(app.script, 56,
               app.fake.array(layout.fixed_array_type,
                              {FakeHeap::integer(2), FakeHeap::integer(5), FakeHeap::integer(12)}));
  EXPECT_EQ(app.at(2), "1:3");
  EXPECT_EQ(app.at(3), "2:1");
  EXPECT_EQ(app.at(12), "3:7");
  EXPECT_EQ(app.at(13), "none");
}

TEST(Script, AddsTheOffsetsOfEmbeddedText) {
  FakeScript app("ab\ncd");
  app.fake.put(app.script, 24, FakeHeap::integer(100));
  app.fake.put(app.script, 32, FakeHeap::integer(7));
  EXPECT_EQ(app.at(1), "101:9");
  EXPECT_EQ(app.at(4), "102:2") << "the column's is of the first line only";
}

TEST(Script, OfGarbageHasNoLines) {
  FakeScript none(Word{0});
  EXPECT_EQ(none.at(0), "none");
  EXPECT_EQ(none.scripts.name(0), "");
  FakeScript far("ab");
  far.fake.put(far.script, 24, FakeHeap::integer(INT32_MAX));
  EXPECT_EQ(far.at(0), "none");
}

}  // namespace
}  // namespace kvtool::snapshot::v8

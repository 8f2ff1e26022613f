#include "core/snapshot/v8/layout.h"

#include <gtest/gtest.h>

#include <set>

#include "core/snapshot/v8/fake_heap.h"

namespace kvtool::snapshot::v8 {
namespace {

TEST(Layout, IsMadeOfMetadataAndTheTable) {
  const Layout layout = node22_layout();
  EXPECT_EQ(layout.function_shared, 32);
  EXPECT_EQ(layout.shared_script, 32);
  EXPECT_EQ(layout.shared_data, 8) << "not in this version's metadata";
  EXPECT_EQ(layout.last_function_type, 2082);
  EXPECT_EQ(layout.constants->node, 22);
}

TEST(Layout, OfIncompleteMetadataIsNone) {
  Metadata metadata;
  metadata.set("off_fp_function", -16);
  EXPECT_FALSE(make_layout(metadata, *constants_of({12, 4})));
  EXPECT_FALSE(make_layout({}, *constants_of({12, 4})));
}

TEST(Layout, OfVersionsThatNobodyMeasuredIsNotGuessed) {
  EXPECT_EQ(constants_of({10, 2}), nullptr);
  EXPECT_EQ(constants_of({13, 7}), nullptr);
  EXPECT_EQ(constants_of({99, 0}), nullptr);
}

TEST(Layout, TablesAreWellFormed) {
  for (const Version version : {Version{11, 3}, Version{12, 4}, Version{13, 6}, Version{14, 6}}) {
    const Constants* constants = constants_of(version);
    ASSERT_NE(constants, nullptr);
    EXPECT_EQ(constants->v8, version);
    // 198 to 212 bytecodes; each is as long or longer the wider its operands are.
    const auto& [narrow, wide, widest] = constants->bytecode_bytes;
    EXPECT_EQ(narrow.size(), wide.size());
    EXPECT_EQ(narrow.size(), widest.size());
    EXPECT_GT(narrow.size(), 190u);
    for (std::size_t i = 0; i < narrow.size(); ++i) {
      EXPECT_GT(base36(narrow[i]), 0u);
      EXPECT_GE(base36(wide[i]), base36(narrow[i]));
      EXPECT_GE(base36(widest[i]), base36(wide[i]));
    }
    const Translation& translation = constants->translation;
    const std::set<int> opcodes{translation.interpreted_with_return, translation.interpreted_without_return,
                                translation.builtin_continuation,
                                translation.builtin_continuation_with_catch};
    EXPECT_EQ(opcodes.size(), 4u);
    for (const int opcode : opcodes)
      EXPECT_GE(base36(translation.operand_counts.at(static_cast<std::size_t>(opcode))), 3u);
  }
}

TEST(Metadata, FieldsAreFoundWhateverTheirType) {
  Metadata metadata;
  metadata.set("class_Script__name__Object", 16);
  metadata.set("class_Script__name_suffix__Object", 99);
  metadata.set("type_Map__MAP_TYPE", 264);
  EXPECT_EQ(metadata.field("Script", "name"), 16);
  EXPECT_EQ(metadata.field("Script", "nam"), std::nullopt);
  EXPECT_EQ(metadata.type("Map"), 264);
  EXPECT_EQ(metadata.type("Ma"), std::nullopt);
  EXPECT_EQ(metadata.value("type_Map"), std::nullopt);
}

}  // namespace
}  // namespace kvtool::snapshot::v8

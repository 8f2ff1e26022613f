// Copies between streams (families E1, E6, E7), in the model, and the arithmetic of E1.
#include <gtest/gtest.h>

#include "apc-overlap/overlap.h"
#include "core/explorer/explorer.h"
#include "support/scenario_check.h"

namespace kvtool::explore {
namespace {

TEST(Copies, ApcOverlap) { expect_catalogued("apc-overlap"); }
TEST(Copies, TmpBuffer) { expect_catalogued("tmp-buffer"); }
TEST(Copies, HandleBeforeRecord) { expect_catalogued("handle-before-record"); }

struct Share {
  unsigned chunk, block, percent, worst;
};

TEST(Copies, ShareOfHitsThatOverlap) {
  constexpr Share kShares[] = {{256, 16, 94, 240}, {256, 64, 76, 192}, {256, 128, 52, 128},
                               {512, 16, 97, 496}, {128, 16, 88, 112}, {16, 16, 0, 0},
                               {64, 64, 0, 0}};
  for (const Share& share : kShares) {
    const auto swept = apc_overlap::sweep(share.chunk, share.block, 4096);
    EXPECT_EQ(swept.percent(), share.percent) << "chunk " << share.chunk << ", block " << share.block;
    EXPECT_EQ(swept.worst, share.worst) << "chunk " << share.chunk << ", block " << share.block;
  }
  EXPECT_EQ(apc_overlap::retrieve_from(288, 256).start, 256u);
  EXPECT_EQ(apc_overlap::retrieve_from(288, 256).overlap, 32u);
}

// What decides is whether the hit ends inside a chunk.
TEST(Copies, AHitAtTheEndOfAChunkOverlapsNothing) {
  const Scenario& scenario = catalog().find("apc-overlap")->second;
  for (const int hit : {0, 16, 240, 256, 272, 512}) {
    const auto program = scenario.find("buggy")->model(scenario.resolve({{"hit", hit}}));
    EXPECT_EQ(explore(*program, {}).conclusion, hit % 256 == 0 ? Conclusion::proved : Conclusion::failed)
        << "hit " << hit;
  }
}

TEST(Copies, ABufferForEachRequestIsEnoughForThree) {
  const Scenario& scenario = catalog().find("tmp-buffer")->second;
  const Parameters three = scenario.resolve({{"requests", 3}});
  EXPECT_EQ(explore(*scenario.find("buffer-each")->model(three), {}).conclusion, Conclusion::proved);
  EXPECT_EQ(explore(*scenario.find("buggy")->model(three), {}).conclusion, Conclusion::failed);
}

}  // namespace
}  // namespace kvtool::explore

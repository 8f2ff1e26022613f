#include "core/pool/slot_hazards.h"

#include <gtest/gtest.h>

namespace kvtool::pool {
namespace {

using Hazards = SlotHazards<3>;
using Fence = Hazards::Fence;

TEST(SlotHazards, NothingToWaitForAtFirst) {
  const Hazards hazards(1);
  EXPECT_EQ(hazards.before_read(0), Fence{});
  EXPECT_EQ(hazards.before_write(0), Fence{});
}

TEST(SlotHazards, AReaderWaitsForTheLastWriterOnly) {
  Hazards hazards(2);
  hazards.wrote(0, 1, 7);
  hazards.read(0, 2, 3);
  EXPECT_EQ(hazards.before_read(0), (Fence{0, 7, 0}));
  EXPECT_EQ(hazards.before_read(1), Fence{});
}

TEST(SlotHazards, AWriterWaitsForTheLastWriterAndEveryReaderSince) {
  Hazards hazards(1);
  hazards.wrote(0, 1, 7);
  hazards.read(0, 2, 3);
  hazards.read(0, 2, 5);
  hazards.read(0, 1, 9);
  EXPECT_EQ(hazards.before_write(0), (Fence{0, 9, 5}));
  hazards.wrote(0, 0, 4);
  EXPECT_EQ(hazards.before_write(0), (Fence{4, 0, 0}));
}

}  // namespace
}  // namespace kvtool::pool

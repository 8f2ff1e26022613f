#include <gtest/gtest.h>

#include "attempt.h"
#include "gate.h"

namespace kvtool {
namespace {

using sim::test::Attempt;
using sim::test::Gate;
using sim::test::new_buffer;
using sim::test::new_stream;
using sim::test::observed;

class SimPool : public ::testing::Test {
 protected:
  void* take(std::size_t bytes) {
    void* buffer = nullptr;
    EXPECT_EQ(device.allocate_from_pool(bytes, stream, &buffer), Status::ok);
    return buffer;
  }

  SimDevice device{observed()};
  Gate gate{device};
  const StreamId stream = new_stream(device);
};

TEST_F(SimPool, AFreedBufferIsGivenOutAgain) {
  void* first = take(1000);
  EXPECT_EQ(device.free_to_pool(first, stream), Status::ok);
  device.synchronize_stream(stream);
  EXPECT_EQ(take(900), first);
  EXPECT_NE(take(900), first);
}

TEST_F(SimPool, TheSmallestThatFitsIsTaken) {
  void* large = take(4096);
  void* small = take(64);
  device.free_to_pool(large, stream);
  device.free_to_pool(small, stream);
  device.synchronize_stream(stream);
  EXPECT_EQ(take(64), small);
  EXPECT_EQ(take(64), large);
}

TEST_F(SimPool, AFreeTakesEffectInStreamOrder) {
  void* buffer = take(64);
  device.launch_kernel(stream, device.loaded_module(), gate.kernel());
  EXPECT_EQ(device.free_to_pool(buffer, stream), Status::ok);
  EXPECT_NE(take(64), buffer);
  gate.open();
  device.synchronize_stream(stream);
  EXPECT_EQ(take(64), buffer);
}

TEST_F(SimPool, OnlyAPoolThatHasToGrowNeedsTheContext) {
  void* pooled = take(64);
  device.free_to_pool(pooled, stream);
  device.synchronize_stream(stream);
  void* victim = new_buffer(device, 64, MemoryKind::device);
  device.launch_host_function(stream, Gate::pass, &gate);
  Attempt frees([&] { return device.free(victim); });
  EXPECT_TRUE(frees.blocks());

  void* out = nullptr;
  Attempt has_it([&] { return device.allocate_from_pool(64, stream, &out); });
  EXPECT_FALSE(has_it.blocks());
  void* grown = nullptr;
  Attempt grows([&] { return device.allocate_from_pool(1 << 16, stream, &grown); });
  EXPECT_TRUE(grows.blocks());
  EXPECT_EQ(grows.waits_for(), "driver-lock:C");
  EXPECT_EQ(grows.inside(), "cudaMallocAsync (pool grows)");
  gate.open();
  EXPECT_EQ(grows.result(), Status::ok);
  EXPECT_NE(grown, nullptr);
}

TEST_F(SimPool, WhatDidNotComeFromItCannotGoToIt) {
  void* plain = new_buffer(device, 64, MemoryKind::device);
  EXPECT_EQ(device.free_to_pool(plain, stream), Status::invalid_value);
  void* pooled = take(64);
  EXPECT_EQ(device.free_to_pool(pooled, stream), Status::ok);
  EXPECT_EQ(device.free_to_pool(pooled, stream), Status::invalid_value);  // twice
  EXPECT_EQ(device.free(pooled), Status::invalid_value);                  // the pool has it
  EXPECT_EQ(device.free_to_pool(nullptr, stream), Status::ok);
}

TEST_F(SimPool, PoolMemoryMayBeFreedAsOtherMemory) { EXPECT_EQ(device.free(take(64)), Status::ok); }

}  // namespace
}  // namespace kvtool

// LoggedDevice over the simulated device: races between streams are found while every byte comes out right.
#include "core/device/races/logged_device.h"

#include <gtest/gtest.h>

#include <cstring>
#include <vector>

#include "core/device/sim/sim_device.h"
#include "core/transfer/device_cache.h"

namespace kvtool::races {
namespace {

using transfer::DeviceMemory;
using transfer::Direction;
using transfer::plan_of;

class LoggedDeviceTest : public testing::Test {
 protected:
  LoggedDeviceTest() {
    (void)device_.create_stream(&one_);
    (void)device_.create_stream(&two_);
    (void)device_.create_event(&event_);
  }
  Status copy(const char* what, unsigned char* to, const unsigned char* from, StreamId stream) {
    return device_.at(what).copy_async(to, from, kBytes, MemoryKind::pinned, stream);
  }

  static constexpr std::size_t kBytes = 256;
  SimDevice sim_;
  AccessLog log_;
  LoggedDevice device_{sim_, log_};
  StreamId one_{}, two_{};
  EventId event_{};
};

TEST_F(LoggedDeviceTest, FindsARaceWhoseBytesComeOutRight) {
  const DeviceMemory from(device_, kBytes, MemoryKind::pinned), middle(device_, kBytes, MemoryKind::device),
      to(device_, kBytes, MemoryKind::pinned);
  std::memset(from.get(), 7, kBytes);
  ASSERT_EQ(copy("load", middle.get(), from.get(), one_), Status::ok);
  ASSERT_EQ(sim_.synchronize_device(), Status::ok);  // luck, of which the log knows nothing
  ASSERT_EQ(copy("use", to.get(), middle.get(), two_), Status::ok);
  ASSERT_EQ(device_.synchronize_device(), Status::ok);
  EXPECT_EQ(to.get()[kBytes - 1], 7);
  ASSERT_EQ(log_.races().size(), 1u);
  EXPECT_EQ(log_.races()[0].missing,
            "record an event on stream 1 after \"load\", and let stream 2 wait for it before \"use\"");
  EXPECT_EQ(log_.races()[0].memory, "bytes 0 to 256 of device memory 2");
}

TEST_F(LoggedDeviceTest, CountsThePairThatAnEventOrders) {
  const DeviceMemory from(device_, kBytes, MemoryKind::pinned), middle(device_, kBytes, MemoryKind::device),
      to(device_, kBytes, MemoryKind::pinned);
  ASSERT_EQ(copy("load", middle.get(), from.get(), one_), Status::ok);
  ASSERT_EQ(device_.record_event(event_, one_), Status::ok);
  ASSERT_EQ(device_.wait_event(two_, event_), Status::ok);
  ASSERT_EQ(copy("use", to.get(), middle.get(), two_), Status::ok);
  ASSERT_EQ(device_.synchronize_stream(two_), Status::ok);
  log_.access(range_of(to.get(), kBytes), Access::read, "look");
  EXPECT_TRUE(log_.races().empty());
  EXPECT_EQ(log_.summary().ordered, 2u);
}

TEST_F(LoggedDeviceTest, KnowsThatACopyFromPageableMemoryMayStillBeOnItsWay) {
  const DeviceMemory memory(device_, kBytes, MemoryKind::device), to(device_, kBytes, MemoryKind::pinned);
  std::vector<unsigned char> pageable(kBytes);
  ASSERT_EQ(device_.at("upload").copy(memory.get(), pageable.data(), kBytes), Status::ok);
  log_.access(range_of(pageable.data(), kBytes), Access::write, "fill again");  // staged: allowed
  ASSERT_EQ(copy("use", to.get(), memory.get(), one_), Status::ok);
  ASSERT_EQ(log_.races().size(), 1u);
  EXPECT_NE(log_.races()[0].missing.find("synchronise the device after \"upload\""), std::string::npos);
}

TEST_F(LoggedDeviceTest, PutsAHostFunctionInItsStreamsPlace) {
  struct Shared {
    AccessLog& log;
    int value = 0;
  } shared{log_};
  const auto count = [](void* argument) {
    auto* const at = static_cast<Shared*>(argument);
    at->log.access(range_of(&at->value, sizeof at->value), Access::write, "count");
    ++at->value;
  };
  ASSERT_EQ(device_.launch_host_function(one_, count, &shared), Status::ok);
  ASSERT_EQ(device_.synchronize_stream(one_), Status::ok);
  log_.access(range_of(&shared.value, sizeof shared.value), Access::read, "look");
  EXPECT_TRUE(log_.races().empty());
  // On another stream it is serialised by the driver's one thread, in an order that nobody chose.
  ASSERT_EQ(device_.launch_host_function(one_, count, &shared), Status::ok);
  ASSERT_EQ(device_.launch_host_function(two_, count, &shared), Status::ok);
  ASSERT_EQ(device_.synchronize_device(), Status::ok);
  EXPECT_EQ(shared.value, 3);
  EXPECT_EQ(log_.races().size(), 1u);
}

TEST_F(LoggedDeviceTest, TellsWhatATransferTouchesByItsSlots) {
  const transfer::Shape shape{transfer::Format::nl_x_two_nb_bs_nh_hs, transfer::Dtype::bf16, 2, 4, 16, 2, 8};
  std::vector<std::int64_t> slots;
  for (std::int64_t i = 0; i < 16; ++i) slots.push_back(16 + i);  // block 1
  transfer::DeviceCache cache(device_, shape, slots, MemoryKind::device);
  const auto request = cache.request(Direction::to_pages, 0);
  device_.remember_list(request.device_slots, slots.data(), slots.size() * sizeof(std::int64_t));
  device_.remember_list(request.device_pages, request.pages.data(), request.pages.size_bytes());
  const auto before = log_.summary().racing;
  ASSERT_EQ(device_.at("load block 1").launch_transfer(one_, plan_of(request)), Status::ok);
  const auto block = [&](std::size_t number) {
    const std::size_t bytes = 16 * static_cast<std::size_t>(shape.row_bytes());
    return range_of(request.pages[0] + number * bytes, bytes);
  };
  log_.access(two_, block(0), Access::read, "read block 0");
  log_.access(two_, block(2), Access::read, "read block 2");
  EXPECT_EQ(log_.summary().racing, before);
  log_.access(two_, block(1), Access::read, "read block 1");
  EXPECT_EQ(log_.summary().racing, before + 1);
  EXPECT_EQ(log_.summary().unknown, 0u);
  ASSERT_EQ(device_.synchronize_device(), Status::ok);
}

}  // namespace
}  // namespace kvtool::races

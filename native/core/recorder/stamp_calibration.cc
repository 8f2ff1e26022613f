#include "core/recorder/stamp_calibration.h"

#include <thread>

#include "core/device/stamp_access.h"
#include "core/runtime/real_clock.h"

namespace kvtool {
namespace {

// A stamp takes some microseconds on an idle device. That long it is looked for without a pause, which would
// widen the bracket; a device that takes longer is busy, and its bracket is wide anyway.
constexpr std::chrono::nanoseconds kLooking = std::chrono::microseconds(50);
constexpr std::chrono::microseconds kPause{20};

}  // namespace

Status make_brackets(Device& device, StreamId stream, StampSlot& slot, std::uint64_t* sequence,
                     std::size_t count, std::chrono::nanoseconds limit, std::vector<ClockBracket>* out) {
  out->clear();
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint64_t number = ++*sequence;
    const std::uint64_t before = RealClock::monotonic_ns();
    if (const Status status = device.stamp(stream, &slot, number); status != Status::ok) return status;
    for (;;) {
      const StampReading stamp = read_stamp(slot);
      const std::uint64_t now = RealClock::monotonic_ns();
      if (stamp.sequence == number) {
        out->push_back({before, stamp.time, now});
        break;
      }
      const auto waited = std::chrono::nanoseconds(now - before);
      if (waited > limit) return Status::not_ready;
      if (waited > kLooking) std::this_thread::sleep_for(kPause);
    }
  }
  return Status::ok;
}

}  // namespace kvtool

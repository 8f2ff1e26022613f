// StampClock: a device's clock in terms of the host's CLOCK_MONOTONIC, with a bound on the error.
//
// A *bracket* is a stamp between two readings of the host's clock: the stamp was made in between, so the
// offset of the clocks lies in an interval. All brackets of one burst together leave the part that their
// intervals share, which is never wider than the tightest one. A later burst gives the rate at which the
// clocks drift apart; before it, and between bursts, the bound grows with the time since the last one.
//
// All calls may be made from any thread.
#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <span>

namespace kvtool {

struct ClockBracket {
  std::uint64_t before_ns;  // CLOCK_MONOTONIC
  std::uint64_t device_ns;
  std::uint64_t after_ns;  // CLOCK_MONOTONIC
};

struct HostTime {
  std::uint64_t monotonic_ns;
  std::uint64_t error_ns;  // it was at most that much earlier or later
};

class StampClock {
 public:
  // The rate at which two clocks may drift apart before it was measured: the host's may be slewed by as much
  // (adjtimex(2): 500 ppm).
  static constexpr double kUnmeasuredDrift = 500e-6;
  // How much a measured rate may change until the next burst: of a crystal that warms up, with a margin.
  static constexpr double kDriftChange = 1e-6;
  // The drift is told from two bursts that far apart: closer ones say little, and over a longer time it is no
  // longer the drift of now.
  static constexpr std::uint64_t kShortestBaselineNs = 10'000'000, kLongestBaselineNs = 10'000'000'000;

  // Takes a burst of brackets, in the order in which they were made. Returns the error at its end, ns; none
  // when the brackets are empty or turn back, and then nothing changed.
  std::optional<std::uint64_t> calibrate(std::span<const ClockBracket> burst);

  // REQUIRES: it was calibrated.
  HostTime to_host(std::uint64_t device_ns) const;

  bool calibrated() const;
  std::uint64_t calibrations() const;
  // The smallest step that the device's clock was seen to make, ns; part of the error.
  std::uint64_t tick_ns() const;

 private:
  // host = device + offset at the device time `at`; the offset changes by `rate` per ns.
  struct Fit {
    std::uint64_t at = 0;
    double offset = 0;  // relative to origin_, so that it stays small enough for a double's 53 bits
    double error = 0;
    double rate = 0;
    double rate_error = kUnmeasuredDrift;
  };
  struct Interval {
    double low, high;
  };

  static Interval predict(const Fit& fit, std::uint64_t device_ns);
  Interval shared_part(std::span<const ClockBracket> burst) const;
  double offset_of(std::uint64_t host_ns, std::uint64_t device_ns) const;

  mutable std::mutex mutex_;  // guards all below; held for a few operations
  std::uint64_t origin_ = 0;  // host - device of the first bracket; unsigned arithmetic wraps
  std::uint64_t tick_ns_ = 0;
  std::uint64_t calibrations_ = 0;
  Fit fit_;
  Fit baseline_;  // an earlier one, that the drift is told from
};

}  // namespace kvtool

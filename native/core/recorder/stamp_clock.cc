#include "core/recorder/stamp_clock.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace kvtool {
namespace {

// Signed difference of two moments of one clock.
double apart(std::uint64_t later, std::uint64_t earlier) {
  return static_cast<double>(static_cast<std::int64_t>(later - earlier));
}

// The clock counts in steps of this: the greatest that every difference is a multiple of.
std::uint64_t step_of(std::span<const ClockBracket> burst) {
  std::uint64_t step = 0;
  for (std::size_t i = 1; i < burst.size(); ++i)
    step = std::gcd(step, burst[i].device_ns - burst[i - 1].device_ns);
  return step;
}

bool goes_forward(std::span<const ClockBracket> burst) {
  const auto back = std::adjacent_find(burst.begin(), burst.end(), [](const auto& a, const auto& b) {
    return b.device_ns < a.device_ns || b.before_ns < a.after_ns;
  });
  const auto inverted = std::find_if(
      burst.begin(), burst.end(), [](const auto& bracket) { return bracket.after_ns < bracket.before_ns; });
  return !burst.empty() && back == burst.end() && inverted == burst.end();
}

}  // namespace

double StampClock::offset_of(std::uint64_t host_ns, std::uint64_t device_ns) const {
  return static_cast<double>(static_cast<std::int64_t>(host_ns - device_ns - origin_));
}

StampClock::Interval StampClock::predict(const Fit& fit, std::uint64_t device_ns) {
  const double age = apart(device_ns, fit.at);
  const double middle = fit.offset + fit.rate * age;
  const double error = fit.error + fit.rate_error * std::abs(age);
  return {middle - error, middle + error};
}

// The clock was read as `device_ns` at some moment of the step that begins there, hence the tick.
StampClock::Interval StampClock::shared_part(std::span<const ClockBracket> burst) const {
  const auto interval = [this](const ClockBracket& bracket) {
    return Interval{offset_of(bracket.before_ns, bracket.device_ns) - static_cast<double>(tick_ns_),
                    offset_of(bracket.after_ns, bracket.device_ns)};
  };
  Interval shared = interval(burst.front()), tightest = shared;
  for (const ClockBracket& bracket : burst) {
    const Interval one = interval(bracket);
    shared = {std::max(shared.low, one.low), std::min(shared.high, one.high)};
    if (one.high - one.low < tightest.high - tightest.low) tightest = one;
  }
  // Nothing shared: a clock was stepped or slewed during the burst. The tightest is right by itself.
  return shared.low <= shared.high ? shared : tightest;
}

std::optional<std::uint64_t> StampClock::calibrate(std::span<const ClockBracket> burst) {
  if (!goes_forward(burst)) return std::nullopt;
  const std::lock_guard guard(mutex_);
  if (calibrations_ == 0) origin_ = burst.front().before_ns - burst.front().device_ns;
  tick_ns_ = std::gcd(tick_ns_, step_of(burst));
  Interval found = shared_part(burst);
  const std::uint64_t at = burst.back().device_ns;
  // A clock that jumped is not where it was expected: then what was known of it is forgotten.
  bool continues = false;
  if (calibrations_ > 0) {
    const Interval expected = predict(fit_, at);
    const Interval both{std::max(found.low, expected.low), std::min(found.high, expected.high)};
    continues = both.low <= both.high;
    if (continues) found = both;
  }
  Fit next{.at = at, .offset = (found.low + found.high) / 2, .error = (found.high - found.low) / 2};
  const double baseline = apart(at, baseline_.at);
  if (continues) {
    next.rate = fit_.rate;
    next.rate_error = fit_.rate_error;
    if (baseline >= static_cast<double>(kShortestBaselineNs)) {
      next.rate = (next.offset - baseline_.offset) / baseline;
      next.rate_error = std::min(kUnmeasuredDrift, (next.error + baseline_.error) / baseline + kDriftChange);
    }
  }
  if (!continues || baseline > static_cast<double>(kLongestBaselineNs)) baseline_ = continues ? fit_ : next;
  fit_ = next;
  ++calibrations_;
  return static_cast<std::uint64_t>(std::ceil(next.error));
}

HostTime StampClock::to_host(std::uint64_t device_ns) const {
  const std::lock_guard guard(mutex_);
  const Interval offset = predict(fit_, device_ns);
  const auto middle = static_cast<std::int64_t>(std::llround((offset.low + offset.high) / 2));
  return {.monotonic_ns = device_ns + origin_ + static_cast<std::uint64_t>(middle),
          .error_ns = static_cast<std::uint64_t>(std::ceil((offset.high - offset.low) / 2))};
}

bool StampClock::calibrated() const { return calibrations() > 0; }

std::uint64_t StampClock::calibrations() const {
  const std::lock_guard guard(mutex_);
  return calibrations_;
}

std::uint64_t StampClock::tick_ns() const {
  const std::lock_guard guard(mutex_);
  return tick_ns_;
}

}  // namespace kvtool

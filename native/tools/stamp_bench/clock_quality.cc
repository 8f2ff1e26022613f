#include "tools/stamp_bench/clock_quality.h"

#include <algorithm>
#include <atomic>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "core/recorder/event_bus.h"
#include "core/recorder/stamp_calibration.h"
#include "core/runtime/real_runtime.h"

namespace kvtool::stamp_bench {
namespace {

using nlohmann::ordered_json;

constexpr std::size_t kBrackets = 64;
constexpr std::chrono::nanoseconds kLimit = std::chrono::seconds(1);

void require(const Device& device, Status status, const char* doing) {
  if (status != Status::ok)
    throw std::runtime_error(std::string("cannot ") + doing + ": " + device.describe(status));
}

ordered_json spread(std::vector<std::uint64_t> values) {
  if (values.empty()) return nullptr;
  std::sort(values.begin(), values.end());
  const auto at = [&](double share) {
    return values[static_cast<std::size_t>(share * static_cast<double>(values.size() - 1))];
  };
  return {{"min", values.front()}, {"median", at(0.5)}, {"p99", at(0.99)}, {"max", values.back()}};
}

struct Examination {
  std::vector<std::uint64_t> stated;  // the error that was stated, ns
  std::vector<std::uint64_t> widths;  // of the brackets, ns
  std::uint64_t outside = 0;          // told times that their bracket excludes
  void ask(const StampClock& clock, const std::vector<ClockBracket>& brackets) {
    for (const ClockBracket& bracket : brackets) {
      const HostTime told = clock.to_host(bracket.device_ns);
      stated.push_back(told.error_ns);
      widths.push_back(bracket.after_ns - bracket.before_ns);
      const bool meets = told.monotonic_ns + told.error_ns >= bracket.before_ns &&
                         told.monotonic_ns <= bracket.after_ns + told.error_ns;
      if (!meets) ++outside;
    }
  }
};

ordered_json of_cost(const Cost& cost) {
  const double count = static_cast<double>(std::max<std::uint64_t>(cost.count, 1));
  return {
      {"count", cost.count}, {"meanNs", static_cast<double>(cost.sum_ns) / count}, {"maxNs", cost.max_ns}};
}

ordered_json measure_way(Device& device, unsigned events, bool stamped) {
  EventBus<RealRuntime> bus(device);
  bus.declare("E");
  std::vector<std::uint64_t> errors;  // the drain thread's until stop() is complete
  std::atomic<unsigned> seen{0};
  bus.subscribe("E", [&](const Event& event) {
    errors.push_back(event.error_ns);
    seen.fetch_add(1, std::memory_order_release);
  });
  if (stamped) bus.use_stamps();
  StreamId stream{};
  require(device, device.create_stream(&stream), "create a stream");
  bus.start();
  for (unsigned i = 0; i < events; ++i) {
    const Status status = stamped ? bus.publish_stamped(stream, {.type = "E", .session = "s"})
                                  : bus.publish_on_stream(stream, {.type = "E", .session = "s"});
    require(device, status, "publish");
    while (seen.load(std::memory_order_acquire) <= i) std::this_thread::yield();
  }
  const StopReport report = bus.stop(std::chrono::seconds(5));
  const BusStats stats = bus.stats();
  return {{"published", stats.published},
          {"delivered", stats.delivered},
          {"lost", stats.lost()},
          {"complete", report.complete},
          {"publish", of_cost(stats.publish_on_stream_cost)},
          {"toSubscriber", of_cost(stats.dispatch_latency)},
          {"statedErrorNs", spread(errors)},
          {"comparisonsOfTheClocks", stats.stamps.calibrations}};
}

}  // namespace

ordered_json measure_clock(Device& device, std::chrono::nanoseconds duration,
                           std::chrono::nanoseconds period) {
  StreamId stream{};
  void* memory = nullptr;
  require(device, device.create_stream(&stream), "create a stream");
  require(device, device.allocate(sizeof(StampSlot), MemoryKind::pinned, &memory), "allocate pinned memory");
  auto* const slot = static_cast<StampSlot*>(memory);
  *slot = {};
  std::uint64_t sequence = 0;
  StampClock clock;
  std::vector<ClockBracket> brackets;
  Examination examination;
  std::vector<std::uint64_t> errors;
  const auto end = std::chrono::steady_clock::now() + duration;
  while (std::chrono::steady_clock::now() < end) {
    require(device, make_brackets(device, stream, *slot, &sequence, kBrackets, kLimit, &brackets), "stamp");
    if (clock.calibrated()) examination.ask(clock, brackets);
    if (const auto error = clock.calibrate(brackets)) errors.push_back(*error);
    std::this_thread::sleep_for(period);
  }
  return {{"comparisons", clock.calibrations()},
          {"bracketsEach", kBrackets},
          {"periodMs", std::chrono::duration_cast<std::chrono::milliseconds>(period).count()},
          {"tickNs", clock.tick_ns()},
          {"bracketWidthNs", spread(examination.widths)},
          {"errorAtComparisonNs", spread(errors)},
          {"errorBeforeNextComparisonNs", spread(examination.stated)},
          {"examined", examination.stated.size()},
          {"outsideOfTheStatedError", examination.outside}};
}

ordered_json measure_bus(Device& device, unsigned events) {
  return {{"hostFunction", measure_way(device, events, false)}, {"stamp", measure_way(device, events, true)}};
}

}  // namespace kvtool::stamp_bench

// staging-reuse on a device: the CPU runs two steps ahead of the copies. Each step fills a pinned buffer and
// enqueues its copy to the device.
#include "kv-transfer/cells.h"
#include "kv-transfer/gates.h"
#include "kv-transfer/ground.h"

namespace kvtool::cells {
namespace {

using namespace transfer;

constexpr std::int64_t kTokens = 16;
constexpr std::size_t kSteps = 6, kAhead = 2;
constexpr const char* kOwn = "C9: a step's copy carries the step's data";

struct Way {
  std::size_t buffers = 1;
  bool waits_for_buffer = false;
  bool lucky = false;  // every copy happens to be done before the CPU goes on
};

// A step's data are rows of its own number.
Buffer data_of(const Shape& shape, std::size_t step) {
  Buffer data(shape, kTokens);
  data.fill(static_cast<std::uint32_t>(step));
  return data;
}

// A copy runs as late as it can: when the CPU waits for it.
Finding feed(Device& below, Way way) {
  races::AccessLog log;
  races::LoggedDevice device(below, log);
  const Shape shape = small_cache(1);
  const auto bytes = static_cast<std::size_t>(shape.buffer_bytes(kTokens));
  std::vector<DeviceMemory> staging, arrived;
  for (std::size_t i = 0; i < way.buffers; ++i) {
    staging.emplace_back(device, bytes, MemoryKind::pinned);
    device.name(staging.back().get(), bytes, "staging buffer " + std::to_string(i));
  }
  for (std::size_t i = 0; i < kSteps; ++i) arrived.emplace_back(device, bytes, MemoryKind::device);
  StreamId stream{};
  require(device, device.create_stream(&stream), "create a stream");
  std::vector<EventId> done(kSteps);
  for (EventId& event : done) require(device, device.create_event(&event), "create an event");
  const DeviceMemory found(device, bytes, MemoryKind::pinned);
  Finding finding{.facts = {{"buffers", static_cast<std::int64_t>(way.buffers)},
                            {"steps", static_cast<std::int64_t>(kSteps)}}};
  {
    Gates gates(device);
    const auto wait_for = [&](std::size_t step) {
      gates.open_first(step + 1);
      require(device, device.synchronize_event(done[step]), "wait for a step");
    };
    const auto cpu = log.act_as("CPU");
    for (std::size_t step = 0; step < kSteps; ++step) {
      if (step > kAhead) wait_for(step - kAhead - 1);
      if (way.waits_for_buffer && step >= way.buffers) wait_for(step - way.buffers);
      unsigned char* const buffer = staging[step % way.buffers].get();
      const std::string name = "step " + std::to_string(step);
      log.access(races::range_of(buffer, bytes), races::Access::write, name + " is filled in");
      std::copy_n(data_of(shape, step).bytes.begin(), bytes, buffer);
      gates.hold(stream);
      require(device,
              device.at(name + " is copied")
                  .copy_async(arrived[step].get(), buffer, bytes, MemoryKind::pinned, stream),
              "copy a step");
      require(device, device.record_event(done[step], stream), "record an event");
      if (way.lucky) {  // behind the log's back
        gates.open_first(step + 1);
        require(below, below.synchronize_stream(stream), "wait for luck");
      }
    }
    gates.open_first(kSteps);
    require(device, device.synchronize_stream(stream), "wait for the copies");
    for (std::size_t step = 0; step < kSteps; ++step) {
      require(
          device,
          device.at("a look").copy_async(found.get(), arrived[step].get(), bytes, MemoryKind::pinned, stream),
          "read a step");
      require(device, device.synchronize_stream(stream), "wait for a step");
      Buffer seen(shape, kTokens);
      std::copy_n(found.get(), bytes, seen.bytes.begin());
      if (const auto difference = find_difference(seen, data_of(shape, step)))
        finding.blame(kOwn, "step " + std::to_string(step) + ", " + difference->message);
    }
  }
  for (const EventId event : done) (void)device.destroy_event(event);
  (void)device.destroy_stream(stream);
  finding.take_order(kOwn, log);
  return finding;
}

const Registration registration({
    .id = "staging-reuse",
    .family = "C9",
    .title = "a pinned staging buffer is filled again before its copy to the device has run",
    .source = "https://github.com/NVIDIA/TensorRT-LLM/pull/15546",
    .variants = {{.name = "buggy",
                  .what = "one buffer, and the CPU is two steps ahead",
                  .expect = Outcome::violation,
                  .begins = "C9: a step's copy carries the step's data: step 0",
                  .run = [](Device& device) { return feed(device, {}); }},
                 {.name = "two-buffers",
                  .what = "two buffers in turn, and the CPU is two steps ahead",
                  .expect = Outcome::violation,
                  .begins = "C9: a step's copy carries the step's data: step 0",
                  .run = [](Device& device) { return feed(device, {.buffers = 2}); }},
                 {.name = "lucky",
                  .what = "one buffer, and the bytes come out right: each copy happens to be done in time",
                  .expect = Outcome::violation,
                  .begins = "C9: a step's copy carries the step's data: race on bytes",
                  .run = [](Device& device) { return feed(device, {.lucky = true}); }},
                 {.name = "three-buffers",
                  .what = "one more than the CPU is steps ahead: what holds the CPU back is enough",
                  .run = [](Device& device) { return feed(device, {.buffers = kAhead + 1}); }},
                 {.name = "fresh-buffers",
                  .what = "a buffer of its own for every step",
                  .run = [](Device& device) { return feed(device, {.buffers = kSteps}); }},
                 {.name = "fixed",
                  .what = "two buffers, each with an event that is awaited before it is filled again",
                  .run =
                      [](Device& device) { return feed(device, {.buffers = 2, .waits_for_buffer = true}); }}},
});

}  // namespace
}  // namespace kvtool::cells

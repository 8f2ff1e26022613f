// tmp-buffer on a device: requests of different threads go through staging buffers on one stream. The stream
// runs what it is given in order; which order that is, only a lock over each kernel and its copy decides.
#include "kv-transfer/cells.h"
#include "kv-transfer/ground.h"

namespace kvtool::cells {
namespace {

using namespace transfer;

constexpr std::int64_t kTokens = 32, kRequests = 3;
constexpr const char* kOwn = "E6: a request's copy carries the request's rows";

struct Way {
  std::int64_t buffers = 1;
  bool pairs = false;  // each request's kernel and copy happen to follow each other
  bool locks = false;
};

// A thread each: gather the request's rows into a buffer, copy the buffer to the host.
Finding ship(Device& below, Way way) {
  races::AccessLog log;
  races::LoggedDevice device(below, log);
  Ground ground(device, small_cache(2 * kRequests + 1), slots_from(16, kTokens * kRequests), 0);
  const Shape shape = ground.pages.shape;
  const auto bytes = static_cast<std::size_t>(shape.buffer_bytes(kTokens));
  std::vector<DeviceMemory> staging, shipped;
  for (std::int64_t i = 0; i < way.buffers; ++i) {
    staging.emplace_back(device, bytes, MemoryKind::device);
    device.name(staging.back().get(), bytes, "staging buffer " + std::to_string(i));
  }
  for (std::int64_t i = 0; i < kRequests; ++i) shipped.emplace_back(device, bytes, MemoryKind::pinned);

  const auto of = [&](std::int64_t request) -> unsigned char* {
    return staging[static_cast<std::size_t>(request % way.buffers)].get();
  };
  const auto name = [](std::int64_t request) { return "request " + std::to_string(request); };
  const auto gather = [&](std::int64_t request) {
    Request all = ground.request(Direction::to_buffer);
    all.buffer = of(request);
    all.buffer_bytes = bytes;
    all.slots = all.slots.subspan(static_cast<std::size_t>(request * kTokens));
    all.device_slots += request * kTokens;
    all.tokens = kTokens;
    device.at(name(request) + " gathers");
    require(device, ground.launch(plan_of(all), ground.stream()), "gather a request");
  };
  const auto copy = [&](std::int64_t request) {
    require(device,
            device.at(name(request) + " is copied")
                .copy_async(shipped[static_cast<std::size_t>(request)].get(), of(request), bytes,
                            MemoryKind::pinned, ground.stream()),
            "copy a request");
  };
  const char lock{};
  // REQUIRES: with a lock, one call for both.
  const auto enqueue = [&](std::int64_t request, bool gathers, bool copies) {
    const auto acting = log.act_as(name(request));
    if (way.locks) log.await(&lock);
    if (gathers) gather(request);
    if (copies) copy(request);
    if (way.locks) log.signal(&lock);
  };
  for (std::int64_t request = 0; request < kRequests; ++request) enqueue(request, true, way.pairs);
  for (std::int64_t request = 0; !way.pairs && request < kRequests; ++request) enqueue(request, false, true);
  require(device, device.synchronize_stream(ground.stream()), "wait for the copies");

  Finding finding{.facts = {{"requests", kRequests}, {"buffers", way.buffers}}};
  for (std::int64_t request = 0; request < kRequests; ++request) {
    Buffer found(shape, kTokens), expected(shape, kTokens);
    const unsigned char* const arrived = shipped[static_cast<std::size_t>(request)].get();
    log.access(races::range_of(arrived, bytes), races::Access::read, "the host reads " + name(request));
    std::copy_n(arrived, bytes, found.bytes.begin());
    expect_in_buffer(expected, slots_from(16 + request * kTokens, kTokens), 0, Ground::kEngine);
    const auto difference = find_difference(found, expected);
    if (difference) finding.blame(kOwn, name(request) + ", " + difference->message);
  }
  finding.take_order(kOwn, log);
  return finding;
}

const Registration registration({
    .id = "tmp-buffer",
    .family = "E6",
    .title = "requests share one staging buffer without a lock over kernel and copy",
    .source = "https://github.com/LMCache/LMCache/pull/2952",
    .variants = {{.name = "buggy",
                  .what = "one buffer, no lock, and the kernels of all requests come before their copies",
                  .expect = Outcome::violation,
                  .begins = "E6: a request's copy carries the request's rows: request 0",
                  .run = [](Device& device) { return ship(device, {}); }},
                 {.name = "lucky",
                  .what = "no lock, and the bytes come out right: kernel and copy happen to stay together",
                  .expect = Outcome::violation,
                  .begins = "E6: a request's copy carries the request's rows: race on bytes",
                  .run = [](Device& device) { return ship(device, {.pairs = true}); }},
                 {.name = "buffer-each",
                  .what = "the order of the buggy one, and a buffer for each request",
                  .run = [](Device& device) { return ship(device, {.buffers = kRequests}); }},
                 {.name = "fixed",
                  .what = "one buffer, and a lock that keeps each kernel and its copy together",
                  .run = [](Device& device) { return ship(device, {.pairs = true, .locks = true}); }}},
});

}  // namespace
}  // namespace kvtool::cells

// tmp-buffer on a device: two requests through staging buffers on one stream, in the order that a missing
// lock allows.
#include "kv-transfer/cells.h"
#include "kv-transfer/ground.h"

namespace kvtool::cells {
namespace {

using namespace transfer;

constexpr std::int64_t kTokens = 32, kRequests = 3;
constexpr const char* kOwn = "E6: a request's copy carries the request's rows";

// `pairs`: each request's kernel and copy follow each other, as under a lock; otherwise all kernels come
// first.
Finding ship(Device& device, std::int64_t buffers, bool pairs) {
  Ground ground(device, small_cache(2 * kRequests + 1), slots_from(16, kTokens * kRequests), 0);
  const Shape shape = ground.pages.shape;
  const auto bytes = static_cast<std::size_t>(shape.buffer_bytes(kTokens));
  std::vector<DeviceMemory> staging, shipped;
  for (std::int64_t i = 0; i < buffers; ++i) staging.emplace_back(device, bytes, MemoryKind::device);
  for (std::int64_t i = 0; i < kRequests; ++i) shipped.emplace_back(device, bytes, MemoryKind::pinned);

  const auto of = [&](std::int64_t request) -> unsigned char* {
    return staging[static_cast<std::size_t>(request % buffers)].get();
  };
  const auto gather = [&](std::int64_t request) {
    Request all = ground.request(Direction::to_buffer);
    all.buffer = of(request);
    all.buffer_bytes = bytes;
    all.slots = all.slots.subspan(static_cast<std::size_t>(request * kTokens));
    all.device_slots += request * kTokens;
    all.tokens = kTokens;
    require(device, ground.launch(plan_of(all), ground.stream()), "gather a request");
  };
  const auto copy = [&](std::int64_t request) {
    require(device,
            device.copy_async(shipped[static_cast<std::size_t>(request)].get(), of(request), bytes,
                              MemoryKind::pinned, ground.stream()),
            "copy a request");
  };
  for (std::int64_t request = 0; request < kRequests; ++request) {
    gather(request);
    if (pairs) copy(request);
  }
  for (std::int64_t request = 0; !pairs && request < kRequests; ++request) copy(request);
  require(device, device.synchronize_stream(ground.stream()), "wait for the copies");

  Finding finding{.facts = {{"requests", kRequests}, {"buffers", buffers}}};
  for (std::int64_t request = 0; request < kRequests; ++request) {
    Buffer found(shape, kTokens), expected(shape, kTokens);
    std::copy_n(shipped[static_cast<std::size_t>(request)].get(), bytes, found.bytes.begin());
    expect_in_buffer(expected, slots_from(16 + request * kTokens, kTokens), 0, Ground::kEngine);
    const auto difference = find_difference(found, expected);
    if (difference)
      blame(finding.message, kOwn, "request " + std::to_string(request) + ", " + difference->message);
  }
  if (!finding.message.empty()) finding.outcome = Outcome::violation;
  return finding;
}

const Registration registration({
    .id = "tmp-buffer",
    .family = "E6",
    .title = "requests share one staging buffer without a lock over kernel and copy",
    .source = "https://github.com/LMCache/LMCache/pull/2952",
    .variants = {{.name = "buggy",
                  .what = "one buffer, and the kernels of all requests before their copies",
                  .expect = Outcome::violation,
                  .begins = "E6: a request's copy carries the request's rows: request 0",
                  .run = [](Device& device) { return ship(device, 1, false); }},
                 {.name = "buffer-each",
                  .what = "the same order, and a buffer for each request",
                  .run = [](Device& device) { return ship(device, kRequests, false); }},
                 {.name = "fixed",
                  .what = "one buffer, and a lock that keeps each kernel and its copy together",
                  .run = [](Device& device) { return ship(device, 1, true); }}},
});

}  // namespace
}  // namespace kvtool::cells

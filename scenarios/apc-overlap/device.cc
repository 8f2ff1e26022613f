// apc-overlap on a device: real transfers over all hit lengths, and a real read on another stream.
#include "apc-overlap/overlap.h"
#include "core/device/table/gate.h"
#include "kv-transfer/cells.h"
#include "kv-transfer/ground.h"

namespace kvtool::apc_overlap {
namespace {

using namespace cells;
using namespace transfer;

constexpr const char* kDisjoint = "E1: the transfer writes no row that the engine has";
constexpr const char* kOrdered = "E1: B's attention reads what was loaded for it";
constexpr unsigned kEnd = 4096;  // tokens

struct Sizes {
  unsigned chunk, block;
};

// One layer without heads: a row is 16 bytes.
Shape narrow_cache(const Sizes& sizes) {
  return {Format::nl_x_nb_bs_hs, Dtype::bf16, 1, (kEnd + sizes.chunk) / sizes.block + 1, sizes.block, 1, 8};
}

// Transfers the chunk in which each hit ends, and counts the tokens of the hit that it wrote.
Sweep sweep_on(Device& device, const Sizes& sizes, bool skips) {
  Sweep result;
  for (unsigned hit = sizes.block; hit < kEnd; hit += sizes.block) {
    const Retrieve retrieve = retrieve_from(hit, sizes.chunk);
    Ground ground(device, narrow_cache(sizes), slots_from(retrieve.start, sizes.chunk), kEnd + sizes.chunk);
    require(device, ground.run(plan_of(ground.request(Direction::to_pages, skips ? retrieve.overlap : 0))),
            "load a chunk");
    const Pages found = ground.found_pages();
    unsigned written = 0;
    for (std::size_t slot = 0; slot < hit; ++slot)
      if (std::memcmp(&found.tensors[0][slot * 16], &ground.pages.tensors[0][slot * 16], 16) != 0) ++written;
    ++result.hits;
    if (written > 0) ++result.overlapping;
    result.worst = std::max(result.worst, written);
  }
  return result;
}

Finding sweep_all(Device& device, const std::vector<Sizes>& all, bool skips) {
  Finding finding;
  for (const Sizes& sizes : all) {
    const Sweep swept = sweep_on(device, sizes, skips);
    const std::string name =
        "chunk " + std::to_string(sizes.chunk) + ", block " + std::to_string(sizes.block);
    finding.facts.emplace_back(name + ": percent of hits", swept.percent());
    finding.facts.emplace_back(name + ": worst, tokens", swept.worst);
    if (swept.overlapping > 0)
      blame(finding.message, kDisjoint,
            name + ": " + std::to_string(swept.percent()) + " % of the hits overlap, by up to " +
                std::to_string(swept.worst) + " tokens");
  }
  if (!finding.message.empty()) finding.outcome = Outcome::violation;
  return finding;
}

// B reads on its own stream what the server loads on another, while the server's stream is held up before it.
// `lucky`: the transfer happens to be done by the time of the read.
Finding read_beside(Device& below, bool waits_for_event, bool lucky = false) {
  races::AccessLog log;
  races::LoggedDevice device(below, log);
  constexpr std::int64_t kTokens = 64;
  Ground ground(device, small_cache(6), slots_from(16, kTokens), 0);
  StreamId attention{};
  EventId loaded{};
  require(device, device.create_stream(&attention), "create a stream");
  require(device, device.create_event(&loaded), "create an event");
  Pages seen(small_cache(6));
  const DeviceMemory read(device, seen.tensors[0].size(), MemoryKind::pinned);
  {
    table::Gate gate(device);
    require(device, device.launch_kernel(ground.stream(), device.loaded_module(), gate.kernel()),
            "hold the stream");
    device.at("the server loads a chunk");
    require(device, ground.launch(plan_of(ground.request(Direction::to_pages)), ground.stream()),
            "load a chunk");
    require(device, device.record_event(loaded, ground.stream()), "record an event");
    if (lucky) {  // behind the log's back
      gate.open();
      require(below, below.synchronize_device(), "wait for luck");
    }
    if (waits_for_event) require(device, device.wait_event(attention, loaded), "wait for an event");
    require(device,
            device.at("B's attention reads")
                .copy_async(read.get(), ground.page_tensor(0), seen.tensors[0].size(), MemoryKind::pinned,
                            attention),
            "read the blocks");
    if (!waits_for_event && !lucky)
      require(device, device.synchronize_stream(attention), "wait for the reader");
    gate.open();
    require(device, device.synchronize_device(), "wait for all");
  }
  (void)device.destroy_event(loaded);
  (void)device.destroy_stream(attention);
  // The first layer tells; the others were not read.
  seen = ground.pages;
  std::copy_n(read.get(), seen.tensors[0].size(), seen.tensors[0].begin());
  Pages expected = ground.pages;
  expect_in_pages(expected, ground.slots(), 0, Ground::kServer);
  for (std::size_t layer = 1; layer < seen.tensors.size(); ++layer)
    seen.tensors[layer] = expected.tensors[layer];
  const auto difference = find_difference(seen, expected);
  Finding finding;
  if (difference) blame(finding.message, kOrdered, difference->message);
  blame_races(finding.facts, finding.message, kOrdered, log);
  if (!finding.message.empty()) finding.outcome = Outcome::violation;
  return finding;
}

const std::vector<Sizes> kSizes = {{256, 16}, {256, 64}, {256, 128}, {512, 16}};

const Registration registration({
    .id = "apc-overlap",
    .family = "E1",
    .title = "a retrieve rewrites blocks that a running request shares",
    .source = "https://github.com/LMCache/LMCache/pull/2706",
    .variants = {{.name = "buggy",
                  .what = "the start is rounded down to a chunk; the kernel writes from there: over all hits",
                  .expect = Outcome::violation,
                  .begins = "E1: the transfer writes no row that the engine has: chunk 256, block 16: 94 %",
                  .run = [](Device& device) { return sweep_all(device, kSizes, false); }},
                 {.name = "no-event",
                  .what = "B's stream does not wait for the transfer's event",
                  .expect = Outcome::violation,
                  .begins = "E1: B's attention reads what was loaded for it",
                  .run = [](Device& device) { return read_beside(device, false); }},
                 {.name = "no-event-lucky",
                  .what = "the same, and the bytes come out right: the transfer happens to be done",
                  .expect = Outcome::violation,
                  .begins = "E1: B's attention reads what was loaded for it: race on bytes",
                  .run = [](Device& device) { return read_beside(device, false, true); }},
                 {.name = "chunk-is-block",
                  .what = "nothing is skipped, but a chunk is as long as a block: how a test hid it",
                  .run =
                      [](Device& device) {
                        return sweep_all(device, {{16, 16}, {64, 64}}, false);
                      }},
                 {.name = "event",
                  .what = "B's stream waits for the transfer's event",
                  .run = [](Device& device) { return read_beside(device, true); }},
                 {.name = "fixed",
                  .what = "the transfer writes only rows that the engine does not have",
                  .run = [](Device& device) { return sweep_all(device, kSizes, true); }}},
});

}  // namespace
}  // namespace kvtool::apc_overlap

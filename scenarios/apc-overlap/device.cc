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
constexpr unsigned kEnd = 4096;   // tokens
constexpr std::size_t kRow = 16;  // bytes

struct Sizes {
  unsigned chunk, block;
};

// One layer without heads: a row is kRow.
Shape narrow_cache(const Sizes& sizes) {
  return {Format::nl_x_nb_bs_hs, Dtype::bf16, 1, (kEnd + sizes.chunk) / sizes.block + 1, sizes.block, 1, 8};
}

// How a retrieve treats what the engine has.
struct Way {
  bool skips = false;
  bool same_bytes = false;  // the server's rows hold what the engine's do, as they should
};

struct Swept {
  Sweep by_bytes, by_log;
};

// For each hit: A's attention reads the blocks that B shares, the server loads the chunk in which the hit
// ends, and B's attention reads what it has then. Counts the tokens of the hit that the server wrote, and the
// hits in which it raced with A; that A was done in time is luck, of which the log does not hear.
Swept sweep_on(Device& below, const Sizes& sizes, Way way, Finding& finding) {
  Swept result;
  const Shape shape = narrow_cache(sizes);
  const DeviceMemory seen(below, static_cast<std::size_t>(shape.pointer_bytes()), MemoryKind::pinned);
  StreamId attention{};
  EventId loaded{};
  require(below, below.create_stream(&attention), "create a stream");
  require(below, below.create_event(&loaded), "create an event");
  for (unsigned hit = sizes.block; hit < kEnd; hit += sizes.block) {
    races::AccessLog log;
    races::LoggedDevice device(below, log);
    const Retrieve retrieve = retrieve_from(hit, sizes.chunk);
    Ground ground(device, shape, slots_from(retrieve.start, sizes.chunk), kEnd + sizes.chunk);
    if (way.same_bytes) {
      expect_in_buffer(ground.buffer, ground.slots(), 0, Ground::kEngine);
      ground.upload();
    }
    const auto read = [&](const char* who, unsigned tokens) {
      require(device,
              device.at(who).copy_async(seen.get(), ground.page_tensor(0), std::size_t{tokens} * kRow,
                                        MemoryKind::pinned, attention),
              "read blocks");
    };
    {
      const auto engine = log.act_as("engine");
      read("A's attention reads the blocks of the hit", hit);
      require(below, below.synchronize_stream(attention), "wait for luck");
    }
    {
      const auto server = log.act_as("server");
      device.at("the server loads the chunk");
      require(device,
              ground.launch(plan_of(ground.request(Direction::to_pages, way.skips ? retrieve.overlap : 0)),
                            ground.stream()),
              "load a chunk");
      require(device, device.record_event(loaded, ground.stream()), "record an event");
      log.signal(&loaded);
    }
    {
      const auto engine = log.act_as("engine");
      log.await(&loaded);
      require(device, device.wait_event(attention, loaded), "wait for an event");
      read("B's attention reads its blocks", retrieve.start + sizes.chunk);
      require(device, device.synchronize_stream(attention), "wait for B");
    }
    require(device, device.synchronize_device(), "wait for all");
    const Pages found = ground.found_pages();
    unsigned written = 0;
    for (std::size_t slot = 0; slot < hit; ++slot) {
      const std::size_t at = slot * kRow;
      if (std::memcmp(&found.tensors[0][at], &ground.pages.tensors[0][at], kRow) != 0) ++written;
    }
    for (Sweep* const sweep : {&result.by_bytes, &result.by_log}) ++sweep->hits;
    if (written > 0) ++result.by_bytes.overlapping;
    result.by_bytes.worst = std::max(result.by_bytes.worst, written);
    if (log.summary().racing > 0) ++result.by_log.overlapping;
    finding.take_order(kDisjoint, log);
  }
  (void)below.destroy_event(loaded);
  (void)below.destroy_stream(attention);
  return result;
}

Finding sweep_all(Device& device, const std::vector<Sizes>& all, Way way) {
  Finding finding;
  std::string by_bytes;
  for (const Sizes& sizes : all) {
    const Swept swept = sweep_on(device, sizes, way, finding);
    const std::string name =
        "chunk " + std::to_string(sizes.chunk) + ", block " + std::to_string(sizes.block);
    finding.facts.emplace_back(name + ": percent of hits", swept.by_bytes.percent());
    finding.facts.emplace_back(name + ": worst, tokens", swept.by_bytes.worst);
    finding.facts.emplace_back(name + ": percent of hits that race", swept.by_log.percent());
    if (by_bytes.empty() && swept.by_bytes.overlapping > 0)
      by_bytes = name + ": " + std::to_string(swept.by_bytes.percent()) +
                 " % of the hits overlap, by up to " + std::to_string(swept.by_bytes.worst) + " tokens";
  }
  // What was overwritten says more than a race.
  if (!by_bytes.empty()) finding.message.clear();
  finding.blame(kDisjoint, by_bytes);
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
    {
      const auto server = log.act_as("server");
      device.at("the server loads a chunk");
      require(device, ground.launch(plan_of(ground.request(Direction::to_pages)), ground.stream()),
              "load a chunk");
      require(device, device.record_event(loaded, ground.stream()), "record an event");
      log.signal(&loaded);
    }
    const auto engine = log.act_as("engine");
    log.await(&loaded);
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
  if (difference) finding.blame(kOrdered, difference->message);
  finding.take_order(kOrdered, log);
  return finding;
}

const std::vector<Sizes> kSizes = {{256, 16}, {256, 64}, {256, 128}, {512, 16}};

const Registration registration({
    .id = "apc-overlap",
    .family = "E1",
    .title = "a retrieve rewrites blocks that a running request shares",
    .source = "https://github.com/LMCache/LMCache/pull/2706",
    .variants =
        {{.name = "buggy",
          .what = "the start is rounded down to a chunk; the kernel writes from there: over all hits",
          .expect = Outcome::violation,
          .begins = "E1: the transfer writes no row that the engine has: chunk 256, block 16: 94 %",
          .run = [](Device& device) { return sweep_all(device, kSizes, {}); }},
         {.name = "same-bytes",
          .what = "the same, and the server's rows hold what the engine's do: nothing is wrong in the end",
          .expect = Outcome::violation,
          .begins = "E1: the transfer writes no row that the engine has: race on bytes",
          .run = [](Device& device) { return sweep_all(device, kSizes, {.same_bytes = true}); }},
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
                return sweep_all(device, {{16, 16}, {64, 64}}, {});
              }},
         {.name = "event",
          .what = "B's stream waits for the transfer's event",
          .run = [](Device& device) { return read_beside(device, true); }},
         {.name = "fixed",
          .what = "the transfer writes only rows that the engine does not have",
          .run = [](Device& device) { return sweep_all(device, kSizes, {.skips = true}); }}},
});

}  // namespace
}  // namespace kvtool::apc_overlap

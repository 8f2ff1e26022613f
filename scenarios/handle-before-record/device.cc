// handle-before-record on a device: a wait for an event that nobody has recorded passes at once.
#include "core/device/table/gate.h"
#include "kv-transfer/cells.h"
#include "kv-transfer/ground.h"

namespace kvtool::cells {
namespace {

using namespace transfer;

constexpr std::int64_t kTokens = 32;
constexpr const char* kFilled = "E7: a block is used after its copy has ended well";

enum class Handle { before_record, after_record };

// The peer waits for the event and reads; the server's stream is held up before the transfer.
// `lucky`: the transfer happens to be done by the time of the read.
Finding peer_reads(Device& below, Handle handle, bool lucky = false) {
  races::AccessLog log;
  races::LoggedDevice device(below, log);
  Ground ground(device, small_cache(4), slots_from(16, kTokens), 0);
  StreamId peer{};
  EventId loaded{};
  require(device, device.create_stream(&peer), "create a stream");
  require(device, device.create_event(&loaded), "create an event");
  const auto bytes = ground.pages.tensors[0].size();
  const DeviceMemory read(device, bytes, MemoryKind::pinned);
  const auto wait_and_read = [&] {
    const auto acting = log.act_as("peer");
    log.await(&loaded);
    require(device, device.wait_event(peer, loaded), "wait for an event");
    require(device,
            device.at("the peer reads")
                .copy_async(read.get(), ground.page_tensor(0), bytes, MemoryKind::pinned, peer),
            "read the blocks");
  };
  {
    table::Gate gate(device);
    require(device, device.launch_kernel(ground.stream(), device.loaded_module(), gate.kernel()),
            "hold the stream");
    if (handle == Handle::before_record && !lucky) {
      wait_and_read();
      require(below, below.synchronize_stream(peer), "wait for the peer");  // behind the log's back
    }
    {
      const auto acting = log.act_as("server");
      device.at("the server loads a chunk");
      require(device, ground.launch(plan_of(ground.request(Direction::to_pages)), ground.stream()),
              "load a chunk");
    }
    if (handle == Handle::before_record && lucky) {
      gate.open();
      require(below, below.synchronize_device(), "wait for luck");  // behind the log's back
      wait_and_read();
    }
    {
      const auto acting = log.act_as("server");
      require(device, device.record_event(loaded, ground.stream()), "record an event");
      log.signal(&loaded);  // the handle
    }
    if (handle == Handle::after_record) wait_and_read();
    gate.open();
    require(device, device.synchronize_device(), "wait for all");
  }
  (void)device.destroy_event(loaded);
  (void)device.destroy_stream(peer);
  Pages expected = ground.pages;
  expect_in_pages(expected, ground.slots(), 0, Ground::kServer);
  Pages seen = expected;  // the peer read one layer
  std::copy_n(read.get(), bytes, seen.tensors[0].begin());
  Finding finding;
  if (const auto difference = find_difference(seen, expected)) finding.blame(kFilled, difference->message);
  finding.take_order(kFilled, log);
  return finding;
}

// A retrieve that fails, and an engine that marks its blocks as loaded all the same, or looks first.
Finding failed_retrieve(Device& device, bool looks) {
  Ground ground(device, small_cache(4), slots_from(16, kTokens), 0);
  const Status status = ground.run(make_unchecked_plan(ground.request(Direction::to_pages, kTokens)));
  const bool is_valid = !looks || status == Status::ok;
  Finding finding{.facts = {{"launch status", static_cast<int>(status)}, {"marked valid", is_valid ? 1 : 0}}};
  if (is_valid) finding.blame(kFilled, ground.fault_in_pages(0));
  return finding;
}

const Registration registration({
    .id = "handle-before-record",
    .family = "E7",
    .title = "an event's handle is given away before the event is recorded",
    .source = "https://github.com/LMCache/LMCache/issues/3388",
    .variants = {{.name = "buggy",
                  .what = "the peer waits for an event that was never recorded, which is no wait",
                  .expect = Outcome::violation,
                  .begins = "E7: a block is used after its copy has ended well: layer 0",
                  .run = [](Device& device) { return peer_reads(device, Handle::before_record); }},
                 {.name = "lucky",
                  .what = "the same wait, and the bytes come out right: the transfer happens to be done",
                  .expect = Outcome::violation,
                  .begins = "E7: a block is used after its copy has ended well: race on bytes",
                  .run = [](Device& device) { return peer_reads(device, Handle::before_record, true); }},
                 {.name = "result-ignored",
                  .what = "the launch failed, and the blocks are used",
                  .expect = Outcome::violation,
                  .begins = "E7: a block is used after its copy has ended well: layer 0",
                  .run = [](Device& device) { return failed_retrieve(device, false); }},
                 {.name = "result-checked",
                  .what = "the blocks of a failed retrieve are not used",
                  .run = [](Device& device) { return failed_retrieve(device, true); }},
                 {.name = "fixed",
                  .what = "the handle is given away after the record",
                  .run = [](Device& device) { return peer_reads(device, Handle::after_record); }}},
});

}  // namespace
}  // namespace kvtool::cells

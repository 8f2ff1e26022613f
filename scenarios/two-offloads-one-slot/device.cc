// two-offloads-one-slot on a device: two blocks go to one slot of pinned memory on two streams, and the slot
// comes back to the device. Which copies a copy waits for decides what arrives.
#include <algorithm>
#include <array>
#include <functional>
#include <map>
#include <utility>

#include "core/pool/slot_hazards.h"
#include "kv-transfer/cells.h"
#include "kv-transfer/gates.h"
#include "kv-transfer/ground.h"

namespace kvtool::cells {
namespace {

using namespace transfer;

constexpr std::int64_t kTokens = 16;
constexpr const char* kSame = "C10: a block comes back as it was offloaded";
constexpr unsigned kStreams = 2;

// What a copy waits for.
enum class Tracks {
  nothing,    // the onboarding's stream has the offload before it, which is all that it knows of
  writers,    // the slot's last writer
  everything  // that, and a writer for all readers since
};

// Places that blocks are copied between, as a block pool's copy engine has them: a copy in two halves, K and
// V.
class Places {
 public:
  using Slot = pool::SlotId;
  static constexpr Slot kFirst = 0, kSecond = 1, kBack = 2, kHost = 3;

  Places(Device& below, Tracks tracks)
      : below_(below), tracks_(tracks), bytes_(static_cast<std::size_t>(shape().buffer_bytes(kTokens))) {
    for (const auto& [kind, name] :
         std::array<std::pair<MemoryKind, const char*>, 4>{{{MemoryKind::device, "block A"},
                                                            {MemoryKind::device, "block B"},
                                                            {MemoryKind::device, "the block that comes back"},
                                                            {MemoryKind::pinned, "the host's slot"}}}) {
      places_.emplace_back(device_, bytes_, kind);
      device_.name(places_.back().get(), bytes_, name);
    }
    for (StreamId& stream : streams_) require(device_, device_.create_stream(&stream), "create a stream");
    for (const Slot block : {kFirst, kSecond}) {
      require(device_, device_.copy(places_[block].get(), content(block).bytes.data(), bytes_), "copy");
      require(device_, device_.synchronize_device(), "wait for a copy");
    }
  }
  Places(const Places&) = delete;
  Places& operator=(const Places&) = delete;
  ~Places() {
    for (const auto& [key, event] : events_) (void)device_.destroy_event(event);
    for (const StreamId stream : streams_) (void)device_.destroy_stream(stream);
  }

  static Shape shape() { return small_cache(1); }
  // Rows that say whose block they are of.
  static Buffer content(Slot block) {
    Buffer rows(shape(), kTokens);
    rows.fill(block);
    return rows;
  }

  // `between` is called between the two halves.
  void copy(
      const char* what, unsigned stream, Slot from, Slot to, const std::function<void()>& between = [] {},
      races::CallSite where = races::CallSite::current()) {
    if (tracks_ != Tracks::nothing) {
      auto after = tracks_ == Tracks::everything ? hazards_.before_write(to) : hazards_.before_read(to);
      const auto readable = hazards_.before_read(from);
      for (unsigned i = 0; i < kStreams; ++i) {
        after[i] = std::max(after[i], readable[i]);
        if (i != stream && after[i] > 0) wait(stream, i, after[i]);
      }
    }
    const std::size_t bytes = bytes_ / 2;
    for (const std::size_t at : {std::size_t{0}, bytes}) {
      if (at > 0) between();
      require(device_,
              device_.at(what, where)
                  .copy_async(places_[to].get() + at, places_[from].get() + at, bytes, MemoryKind::pinned,
                              streams_[stream]),
              "copy a half");
    }
    const pool::Ticket ticket = ++tickets_[stream];
    EventId& done = events_[{stream, ticket}];
    require(device_, device_.create_event(&done), "create an event");
    require(device_, device_.record_event(done, streams_[stream]), "record an event");
    hazards_.read(from, stream, ticket);
    hazards_.wrote(to, stream, ticket);
  }

  // Of which the log does not hear.
  void wait_for_luck(unsigned stream) {
    require(below_, below_.synchronize_stream(streams_[stream]), "wait for luck");
  }
  void wait_for_all() { require(device_, device_.synchronize_device(), "wait for all"); }

  // No log hears of a test that looks.
  Finding judge(Slot expected) {
    Buffer found(shape(), kTokens);
    require(below_, below_.copy(found.bytes.data(), places_[kBack].get(), bytes_), "copy");
    Finding finding;
    if (const auto difference = find_difference(found, content(expected)))
      finding.blame(kSame, difference->message);
    finding.take_order(kSame, log_);
    return finding;
  }

  races::AccessLog::Acting schedule() { return log_.act_as("scheduler"); }
  Device& device() { return device_; }
  StreamId stream(unsigned number) const { return streams_[number]; }

 private:
  void wait(unsigned stream, unsigned other, pool::Ticket ticket) {
    require(device_, device_.wait_event(streams_[stream], events_.at({other, ticket})), "wait for an event");
  }

  Device& below_;
  const Tracks tracks_;
  const std::size_t bytes_;
  races::AccessLog log_;
  races::LoggedDevice device_{below_, log_};
  std::vector<DeviceMemory> places_;
  std::array<StreamId, kStreams> streams_{};
  std::array<pool::Ticket, kStreams> tickets_{};
  std::map<std::pair<unsigned, pool::Ticket>, EventId> events_;  // recorded behind each copy
  pool::SlotHazards<kStreams> hazards_{4};
};

// A is offloaded, its slot is free again at once, B gets it and comes back from it. `lucky`: A happens to be
// done before B begins; otherwise A runs between B's halves, where nothing keeps it from there.
Finding two_writers(Device& device, Tracks tracks, bool lucky = false) {
  Places places(device, tracks);
  {
    Gates gates(places.device());
    const auto scheduler = places.schedule();
    table::Gate& a_may_run = gates.hold(places.stream(0));
    places.copy("offload A", 0, Places::kFirst, Places::kHost);
    if (lucky) {
      a_may_run.open();
      places.wait_for_luck(0);
    }
    table::Gate* b_may_go_on = nullptr;
    places.copy("offload B", 1, Places::kSecond, Places::kHost,
                [&] { b_may_go_on = &gates.hold(places.stream(1)); });
    if (tracks == Tracks::nothing) b_may_go_on->wait_until_entered();
    a_may_run.open();
    places.wait_for_luck(0);
    b_may_go_on->open();
    places.copy("onboard B", 1, Places::kHost, Places::kBack);
    places.wait_for_all();
  }
  return places.judge(Places::kSecond);
}

// A comes back from the slot while B is offloaded to it, as late as it may.
Finding reader_and_writer(Device& device, Tracks tracks) {
  Places places(device, tracks);
  {
    Gates gates(places.device());
    const auto scheduler = places.schedule();
    places.copy("offload A", 0, Places::kFirst, Places::kHost);
    table::Gate& a_may_come_back = gates.hold(places.stream(1));
    places.copy("onboard A", 1, Places::kHost, Places::kBack);
    places.copy("offload B", 0, Places::kSecond, Places::kHost);
    if (tracks != Tracks::everything) places.wait_for_luck(0);
    a_may_come_back.open();
    places.wait_for_all();
  }
  return places.judge(Places::kFirst);
}

const Registration registration({
    .id = "two-offloads-one-slot",
    .family = "C10",
    .title = "two device blocks are offloaded to one host slot on two streams that nothing orders",
    .source = "https://github.com/NVIDIA/TensorRT-LLM/pull/9056",
    .variants = {{.name = "buggy",
                  .what =
                      "only the onboarding waits, for the offload before it: half a block of each comes back",
                  .expect = Outcome::violation,
                  .begins = "C10: a block comes back as it was offloaded: layer",
                  .run = [](Device& device) { return two_writers(device, Tracks::nothing); }},
                 {.name = "lucky",
                  .what = "the same, and the bytes come out right: the first offload happens to be done",
                  .expect = Outcome::violation,
                  .begins = "C10: a block comes back as it was offloaded: race on bytes",
                  .run = [](Device& device) { return two_writers(device, Tracks::nothing, true); }},
                 {.name = "writers-only",
                  .what = "copies wait for the slot's last writer, and nobody for those who still read it",
                  .expect = Outcome::violation,
                  .begins = "C10: a block comes back as it was offloaded: layer",
                  .run = [](Device& device) { return reader_and_writer(device, Tracks::writers); }},
                 {.name = "readers-too",
                  .what = "the same blocks, and the second offload waits for the onboarding",
                  .run = [](Device& device) { return reader_and_writer(device, Tracks::everything); }},
                 {.name = "fixed",
                  .what = "each copy waits for the slot's last writer, a writer for its readers too",
                  .run = [](Device& device) { return two_writers(device, Tracks::everything); }}},
});

}  // namespace
}  // namespace kvtool::cells

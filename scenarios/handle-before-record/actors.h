// handle-before-record: a server hands an event to its peer, whose stream waits for it before it reads the
// blocks that the server fills. A wait for an event that was never recorded passes at once.
#pragma once

#include <string>

#include "apc-overlap/rows.h"
#include "apc-overlap/streams.h"

namespace kvtool::handle_before_record {

struct Setup {
  bool handle_first = false;    // handed over before the record
  bool transfer_fails = false;  // an entry was evicted: nothing is copied, the result says so
  bool result_ignored = false;
  bool recorder_dies = false;  // after it announced the event, before it recorded it; the peer waits for both
};

template <class Rt, bool kContent>
class HandleBeforeRecord : public kv_streams::OnStreams<Rt, kContent, 2, 2> {
  using Base = kv_streams::OnStreams<Rt, kContent, 2, 2>;
  using Base::check, Base::device_, Base::launch;

 public:
  explicit HandleBeforeRecord(const Setup& setup) : setup_(setup), filled_(device_.add_event()) {}

  static std::string actor_name(unsigned actor) {
    constexpr const char* kNames[] = {"server", "peer", "CB", "server's stream", "peer's stream"};
    return kNames[actor];
  }

  void run(unsigned actor) {
    if (actor == 0)
      retrieve();
    else if (actor == 1)
      use_blocks();
    else
      Base::serve(actor);
  }

 private:
  static StreamId servers() { return ModelDevice::stream(1); }
  static StreamId peers() { return ModelDevice::stream(2); }

  void retrieve() {
    if (setup_.handle_first) handle_.release();
    if (!setup_.transfer_fails)
      device_.copy_async(servers(), MemoryKind::pinned, [this] { block_.fill('B'); });
    if (setup_.recorder_dies) return;
    device_.record_event(filled_, servers());
    recorded_.release();
    if (!setup_.handle_first) handle_.release();
  }

  void use_blocks() {
    handle_.acquire();
    if (setup_.recorder_dies) recorded_.acquire();  // a peer that does not trust an unrecorded event
    const bool result = !setup_.transfer_fails;     // comes with the handle
    if (!result && !setup_.result_ignored) return;  // the tokens are computed again
    device_.wait_event(peers(), filled_);
    launch(peers(), [this] {
      check(block_.reads_as('B'), "E7: a block is used only after its copy's event, and if it succeeded");
    });
  }

  const Setup setup_;
  kv_rows::Rows<Rt> block_{'-', "block, first half", "block, second half"};
  typename Rt::semaphore handle_{0, "event handle"};
  typename Rt::semaphore recorded_{0, "event is recorded"};
  const EventId filled_;
};

}  // namespace kvtool::handle_before_record

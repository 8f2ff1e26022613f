// apc-overlap: request B hits part of a prompt in the engine's prefix cache, in blocks that it shares with
// request A, which runs. The cache server loads the rest, from the start of the chunk on.
#pragma once

#include <string>

#include "apc-overlap/overlap.h"
#include "apc-overlap/rows.h"
#include "apc-overlap/streams.h"

namespace kvtool::apc_overlap {

struct Setup {
  unsigned chunk = 256, hit = 288;  // tokens
  bool skips = false;               // the transfer leaves out what the engine has
  bool waits_for_event = true;      // B's attention waits for the transfer
};

// Two rows stand for the blocks: the last one that A and B share, and the first one that is B's own.
template <class Rt, bool kContent>
class ApcOverlap : public kv_streams::OnStreams<Rt, kContent, 3, 3> {
  using Base = kv_streams::OnStreams<Rt, kContent, 3, 3>;
  using Base::check, Base::device_, Base::launch;

 public:
  explicit ApcOverlap(const Setup& setup) : setup_(setup), loaded_(device_.add_event()) {}

  static std::string actor_name(unsigned actor) {
    constexpr const char* kNames[] = {"A",          "B",          "server",         "CB",
                                      "A's stream", "B's stream", "server's stream"};
    return kNames[actor];
  }

  void run(unsigned actor) {
    switch (actor) {
      case 0:  // A decodes: its attention reads the shared block
        return launch(stream_a(), [this] {
          check(shared_.reads_as('A'), "E1: A's attention reads a row that B's transfer has half written");
        });
      case 1:
        return serve_b();
      case 2:
        return retrieve();
      default:
        return Base::serve(actor);
    }
  }

  void finish() {
    check(shared_.is('A'), "E1: a block with another owner is not written by the transfer");
    check(own_.is('B'), "E1: what the engine does not have is loaded");
  }

 private:
  static StreamId stream_a() { return ModelDevice::stream(1); }
  static StreamId stream_b() { return ModelDevice::stream(2); }
  static StreamId servers() { return ModelDevice::stream(3); }

  // The server's worker: one transfer for the chunk, then the event that B's stream waits for.
  void retrieve() {
    const bool overlaps = retrieve_from(setup_.hit, setup_.chunk).overlap > 0 && !setup_.skips;
    device_.copy_async(servers(), MemoryKind::pinned, [this, overlaps] {
      if (overlaps) shared_.fill('B');
      own_.fill('B');
    });
    device_.record_event(loaded_, servers());
    handed_over_.release();
  }

  void serve_b() {
    handed_over_.acquire();
    if (setup_.waits_for_event) device_.wait_event(stream_b(), loaded_);
    launch(stream_b(),
           [this] { check(own_.reads_as('B'), "E1: B's attention reads what was loaded for it"); });
  }

  const Setup setup_;
  kv_rows::Rows<Rt> shared_{'A', "shared block, first half", "shared block, second half"};
  kv_rows::Rows<Rt> own_{'-', "B's block, first half", "B's block, second half"};
  typename Rt::semaphore handed_over_{0, "retrieve result"};
  const EventId loaded_;
};

}  // namespace kvtool::apc_overlap

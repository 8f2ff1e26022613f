// apc-overlap: request B hits part of a prompt in the engine's prefix cache, in blocks that it shares with
// request A, which runs. The cache server loads the rest, from the start of the chunk on.
#pragma once

#include <string>

#include "apc-overlap/overlap.h"
#include "apc-overlap/rows.h"
#include "core/device/model/model_device.h"
#include "core/device/sim/driver_model.h"

namespace kvtool::apc_overlap {

struct Setup {
  const DriverModel* rules = nullptr;
  unsigned chunk = 256, hit = 288;  // tokens
  bool skips = false;               // the transfer leaves out what the engine has
  bool waits_for_event = true;      // B's attention waits for the transfer
};

// Two rows stand for the blocks: the last one that A and B share, and the first one that is B's own.
// `kContent`: what the streams read is checked, with a copy's halves visible one by one. Otherwise whether
// anything orders their accesses.
template <class Rt, bool kContent>
class ApcOverlap {
 public:
  static constexpr bool kMayBeAbandoned = true;
  static constexpr bool kRacesAreAllowed = kContent;
  static constexpr unsigned kOwn = 3;
  static constexpr unsigned kActors = kOwn + ModelDevice::servers(3);

  explicit ApcOverlap(const Setup& setup)
      : setup_(setup), device_(*setup.rules, 3), loaded_(device_.add_event()) {}

  static std::string actor_name(unsigned actor) {
    constexpr const char* kNames[] = {"A",          "B",          "server",         "CB",
                                      "A's stream", "B's stream", "server's stream"};
    return kNames[actor];
  }

  void run(unsigned actor) {
    switch (actor) {
      case 0:  // A decodes: its attention reads the shared block
        return launch(kStreamA, [this] {
          check(shared_.reads_as('A'), "E1: A's attention reads a row that B's transfer has half written");
        });
      case 1:
        return serve_b();
      case 2:
        return retrieve();
      default:
        return device_.serve(actor - kOwn);
    }
  }

  void finish() {
    check(shared_.is('A'), "E1: a block with another owner is not written by the transfer");
    check(own_.is('B'), "E1: what the engine does not have is loaded");
  }

 private:
  static constexpr unsigned kStreamA = 1, kStreamB = 2, kStreamServer = 3;

  static void check(bool holds, std::string_view invariant) { Rt::check(holds || !kContent, invariant); }

  void launch(unsigned stream, ModelWork kernel) {
    device_.launch_kernel(ModelDevice::stream(stream), ModelDevice::loaded_module(), kernel);
  }

  // The server's worker: one transfer for the chunk, then the event that B's stream waits for.
  void retrieve() {
    const bool overlaps = retrieve_from(setup_.hit, setup_.chunk).overlap > 0 && !setup_.skips;
    device_.copy_async(ModelDevice::stream(kStreamServer), MemoryKind::pinned, [this, overlaps] {
      if (overlaps) shared_.fill('B');
      own_.fill('B');
    });
    device_.record_event(loaded_, ModelDevice::stream(kStreamServer));
    handed_over_.release();
  }

  void serve_b() {
    handed_over_.acquire();
    if (setup_.waits_for_event) device_.wait_event(ModelDevice::stream(kStreamB), loaded_);
    launch(kStreamB, [this] { check(own_.reads_as('B'), "E1: B's attention reads what was loaded for it"); });
  }

  const Setup setup_;
  kv_rows::Rows<Rt> shared_{'A', "shared block, first half", "shared block, second half"};
  kv_rows::Rows<Rt> own_{'-', "B's block, first half", "B's block, second half"};
  typename Rt::semaphore handed_over_{0, "retrieve result"};
  ModelDevice device_;
  const EventId loaded_;
};

}  // namespace kvtool::apc_overlap

// Reaper: `unmap-waits-forever`. A server maps the memory of a client and makes a stream of its own wait for
// an event that the client is to record. The client dies before it does. Whoever unmaps the memory then waits
// in the driver for a stream that waits for somebody who is no more.
//
// The client's event is a kernel of ours that nothing but the end of the run ends: the driver waits for it as
// for any unfinished work, and nothing of it outlives the run.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <stdexcept>
#include <string>

#include "core/device/device.h"
#include "core/runtime/flight.h"
#include "gil-hostfunc/parameters.h"
#include "gil-hostfunc/window.h"

namespace kvtool::gil_hostfunc {

template <class Rt>
class Reaper {
 public:
  // `work_of_client` lasts as long as the work of a client that lives. The references must outlive the
  // reaper.
  Reaper(const Parameters& parameters, Flight& flight, Window<Rt>& window, Device& device,
         std::function<void()> work_of_client)
      : parameters_(parameters),
        flight_(flight),
        window_(window),
        device_(device),
        work_of_client_(std::move(work_of_client)) {}

  // Maps a client's segment; a stream then waits for the client's event, or the host has asked for it instead
  // and found that it is not complete. The client ends.
  void map_segment() {
    if (!stream_) {
      StreamId created{};
      require(device_.create_stream(&created), "create the stream that waits for the client");
      stream_ = created;
    }
    require(device_.allocate(kSegmentBytes, MemoryKind::device, &segment_), "map the client's memory");
    gauge("segments.mapped").add(1);
    if (!parameters_.stream_waits_for_client) return;
    if (parameters_.client_dies) waits_for_the_dead_.store(true, std::memory_order_relaxed);
    require(device_.launch_kernel(*stream_, device_.loaded_module(), [this] { await_client(); }),
            "let a stream wait for the client");
  }

  // Waits for everything that is on the device. `synchronise_first`: the reaper waits for its stream before
  // that, where the driver holds no lock meanwhile.
  void unmap_segment(bool synchronise_first) {
    const HolderScope<Rt> scope(window_);
    if (synchronise_first)
      require(device_.synchronize_stream(*stream_), "synchronise the stream that waits for the client");
    require(device_.free(segment_), "unmap the client's memory");
    gauge("segments.unmapped").add(1);
    flight_.counter("launcher.calls", CounterKind::progress).add(1);
  }

  // To be called when all other work is done and before the window closes, which ends the wait for the dead:
  // counts a segment that nobody will give back.
  void audit() {
    if (waits_for_the_dead_.load(std::memory_order_relaxed))
      gauge("violation.reaper-stuck-memory-not-returned").add(1);
  }

 private:
  static constexpr std::size_t kSegmentBytes = 1 << 20;

  void await_client() {
    if (!parameters_.client_dies) return work_of_client_();
    {
      const ScopedWait wait("gone:the client", "cuStreamWaitEvent");
      window_.await_close();
    }
    waits_for_the_dead_.store(false, std::memory_order_relaxed);
  }

  Counter gauge(const char* name) { return flight_.counter(name, CounterKind::gauge); }
  void require(Status status, const char* doing) const {
    if (status == Status::ok) return;
    throw std::runtime_error(std::string("cannot ") + doing + ": " + device_.describe(status));
  }

  const Parameters& parameters_;
  Flight& flight_;
  Window<Rt>& window_;
  Device& device_;
  const std::function<void()> work_of_client_;
  std::optional<StreamId> stream_;  // these two are the reaper's own
  void* segment_ = nullptr;
  typename Rt::template atomic<bool> waits_for_the_dead_{false};
};

}  // namespace kvtool::gil_hostfunc

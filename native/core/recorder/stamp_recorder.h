// StampRecorder: events of streams without host functions. The GPU stores its clock and a sequence number
// into pinned memory where the stream comes to the event; a thread of this object reads that memory and hands
// the events on, with the time of the GPU told in the host's clock.
//
// Nothing of the language runtime, and no thread of the host, is between the stream and the stamp: a stream
// never waits for the recorder. So no lock that anybody holds can keep a stream from going on. The reading
// thread makes no call of the device; the clocks are compared by another thread, whose stamps may wait in the
// driver like any launch, which delays the next comparison and nothing else.
//
//   StampRecorder stamps(device, [&](Event&& event, const HostTime& when) { ... });   // on "kv-stamp-drain"
//   stamps.start();
//   stamps.record_on_stream(stream, {.type = "STORE_END"});
//   stamps.close(std::chrono::seconds(1));
//
// All calls may be made from any thread.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/device/device.h"
#include "core/recorder/event.h"
#include "core/recorder/stamp_clock.h"
#include "core/recorder/stamp_graphs.h"
#include "core/recorder/stamp_ring.h"
#include "core/runtime/real_thread.h"

namespace kvtool {

struct StampOptions {
  // Streams with stamps under way at a time; a stream whose stamps were all read gives its place up.
  std::size_t streams = 64;
  // Stamps of one stream that are under way or not yet read, a power of two. 16 bytes of pinned memory each.
  // More are refused and counted.
  std::size_t stamps_per_stream = 1024;
  // Events in CUDA graphs (record_in_graph), with stamps_per_stream slots each.
  std::size_t graph_events = 0;
  // How often the clocks are compared while there are events; sooner at first. Zero: once, at the beginning.
  std::chrono::nanoseconds calibrate_every = std::chrono::seconds(1);
  // Stamps per comparison, about 10 µs each on an idle GPU.
  std::size_t brackets = 64;
  // A device that does not stamp within this time is busy: the comparison is left for later.
  std::chrono::nanoseconds calibration_limit = std::chrono::seconds(1);
};

// Every event that was offered to record_on_stream() is in exactly one place: read, in flight, refused_full,
// refused_closed, launch_failed. Of each stamp of an event in a graph: read and graph_read, or overwritten.
struct StampStats {
  std::uint64_t read = 0;            // stamped and handed on
  std::uint64_t in_flight = 0;       // launched, and not stamped or not read yet
  std::uint64_t refused_full = 0;    // no room in the stream's ring, or too many streams
  std::uint64_t refused_closed = 0;  // offered after close()
  std::uint64_t launch_failed = 0;   // the device refused the launch
  std::uint64_t graph_read = 0;      // those of `read` that are of graphs
  std::uint64_t overwritten = 0;     // lost: a graph went round its slots before they were read
  std::uint64_t calibrations = 0;
  std::uint64_t calibrations_failed = 0;  // a stamp was refused, or came too late
  std::uint64_t clock_error_ns = 0;       // of the last event; before the first of the first comparison
};

class StampRecorder {
 public:
  using Sink = std::function<void(Event&&, const HostTime&)>;

  // Allocates the memory, makes a stream and compares the clocks, so the device should have nothing to do.
  // Throws std::runtime_error with what the device said, also for a device that cannot stamp. The memory
  // stays the device's, and goes with it: to free pinned memory waits for the whole device, host functions
  // included, and a destructor must not. `device` must outlive the recorder.
  StampRecorder(Device& device, Sink sink, const StampOptions& options = {});
  StampRecorder(const StampRecorder&) = delete;
  StampRecorder& operator=(const StampRecorder&) = delete;
  // Closes without waiting for stamps. Waits for the sink, and for a comparison of the clocks under way.
  ~StampRecorder();

  // Starts the threads. Nothing is handed on before. Throws std::system_error when there is no thread to be
  // had.
  void start();

  // Records `event` when the stream gets there. ok: launched. out_of_memory: no room. invalid_handle: closed.
  // Otherwise what the device said. Whatever is not ok is counted and leaves `event` with the caller. Blocks
  // where a launch does, under no lock of the recorder.
  [[nodiscard]] Status record_on_stream(StreamId stream, Event&& event);

  // Records `event` whenever a launch of the graph that is being captured on `stream` comes there. The
  // statuses are those of record_on_stream(), out_of_memory for more than `graph_events`. What one that has
  // no graphs costs: nothing; while there are any, the reading thread looks a thousand times a second.
  [[nodiscard]] Status record_in_graph(StreamId stream, Event&& event);

  // Refuses new events and waits for those under way, at most `timeout`. Returns how many are left; they are
  // handed on as they come until the recorder goes. May be called again, to wait longer. Of graphs all stamps
  // are handed on that were made before the call: which others will come nobody knows.
  std::uint64_t close(std::chrono::nanoseconds timeout);

  StampStats stats() const;
  const StampClock& clock() const { return clock_; }

 private:
  // A stream's stamps. The events stand beside their slots: `events[i]` belongs to who claimed slot i, and
  // from the launch on to the reader.
  struct Lane {
    Lane(StampSlot* slots, std::size_t capacity) : ring(slots, capacity), events(capacity) {}
    StampRing ring;
    std::vector<Event> events;
    StreamId stream{};
  };
  struct Arrived {
    std::uint64_t device_ns;
    Event event;
  };

  StampSlot* allocate(std::size_t slots);
  std::uint64_t* allocate_numbers(std::size_t count);
  void require(Status status, const char* doing) const;
  Status calibrate();
  Lane* lane_of(StreamId stream);  // REQUIRES: mutex_ held; null: none is free
  void drain_loop();
  std::size_t drain();
  void clock_loop();
  void end(std::uint64_t stamps);

  Device& device_;
  const Sink sink_;
  const StampOptions options_;
  StampClock clock_;
  std::vector<std::unique_ptr<Lane>> lanes_;  // made once
  std::unique_ptr<StampGraphs> graphs_;       // made once

  // Of the thread that compares the clocks, and of the constructor before it.
  StreamId clock_stream_{};
  StampSlot* clock_slot_ = nullptr;
  std::uint64_t clock_sequence_ = 0;
  std::vector<ClockBracket> brackets_;

  std::vector<Arrived> arrived_;  // the reading thread's own

  // Guards which stream has which lane, the claims of all rings, and the flags. Held for a few stores: never
  // across a call of the device or of the sink.
  mutable std::mutex mutex_;
  std::condition_variable changed_;  // with mutex_: in_flight_ rose from 0 or fell to 0, or a flag changed
  std::unordered_map<StreamId, Lane*> lane_by_stream_;
  bool started_ = false;
  bool refusing_ = false;
  bool ending_ = false;
  std::uint64_t looks_ = 0;  // of the reading thread, begun

  // Claimed and not handed on. Atomic: the reading thread counts down without the lock, but for the last.
  std::atomic<std::uint64_t> in_flight_{0};
  // Relaxed: they decide nothing but whether a comparison of the clocks is worth it.
  std::atomic<std::uint64_t> launched_{0};
  std::atomic<std::uint64_t> read_{0};
  std::atomic<std::uint64_t> graph_read_{0};
  std::atomic<std::uint64_t> refused_full_{0};
  std::atomic<std::uint64_t> refused_closed_{0};
  std::atomic<std::uint64_t> launch_failed_{0};
  std::atomic<std::uint64_t> calibrations_failed_{0};
  std::atomic<std::uint64_t> clock_error_ns_{0};

  // Last, so that they are joined before what they use goes.
  RealThread drain_;
  RealThread clock_thread_;
};

}  // namespace kvtool

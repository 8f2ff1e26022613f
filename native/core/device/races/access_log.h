// AccessLog: which accesses to memory are ordered before which, between streams and host threads, and which
// conflict without being ordered: races, whatever the bytes turn out to be.
//
// Actors are host threads and streams, each with a vector clock. What orders:
//   submission        what a thread did before a call comes before the work that the call enqueues
//   stream order      work of one stream, if the threads that enqueued it are ordered themselves
//   events            work before a record comes before the work behind a wait for it. A wait for an event
//                     that was never recorded is no wait, and a later record does not make it one
//   synchronisation   of a stream, an event or the device: work enqueued before comes before what follows
//   host functions    run in their stream's place; that all run on one thread of the driver orders nothing
//   signal, await     whatever else threads have: a mutex, a queue, a future
//
//   AccessLog log;
//   LoggedDevice device(sim, log);     // core/device/races/logged_device.h: feeds it
//   ... copies, transfers, log.access(...) for what kernels and threads touch ...
//   for (const Race& race : log.races()) std::puts(race.text().c_str());
//
// A vector-clock detector: every race it reports is one in what was logged. It does not see a race whose two
// sides were brought into order by chance through an edge that another run may not have, e.g. by which thread
// got a mutex first. A stored access is replaced by a later one of the same actor that covers it: whoever
// races with the first races with the second, and pairs are counted against the last ones.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "core/device/device.h"
#include "core/device/races/byte_range.h"
#include "core/device/races/call_site.h"
#include "core/device/races/clock.h"
#include "core/device/races/shadow.h"

namespace kvtool::races {

enum class Access : std::uint8_t { read, write };

// Where an access was asked for, and in whose words.
struct Site {
  std::string what;  // "copy", "request 1 gathers"
  CallSite where = {};
  bool operator==(const Site&) const = default;
  std::string place() const;  // "races/device.cc:41"; empty: not known
  std::string text() const;   // "request 1 gathers (races/device.cc:41)"
};

// cudaMemcpy's stream, which does not wait for streams of the user's (all are non-blocking), nor they for it.
inline constexpr StreamId kLegacyStream{0};

struct Race {
  struct Side {
    Access access = Access::read;
    std::string who;        // "stream 1", "thread main"
    std::string submitter;  // of a stream's work; empty for a thread's own access
    Site site;
  };
  Side first, second;       // in the order in which they were logged
  std::string memory;       // "bytes 0 to 1024 of staging buffer 0"
  std::string missing;      // the edge, as an instruction
  std::uint64_t times = 1;  // pairs with the same two sites

  // "race on bytes 0 to 1024 of staging buffer 0 between "load" and "use""
  std::string brief() const;
  std::string text() const;
};

struct Summary {
  std::uint64_t accesses = 0;
  // Of pairs that conflict (the same bytes, at least one writes): ordered by an edge between actors, ordered
  // by their stream, and in no order.
  std::uint64_t ordered = 0, in_one_stream = 0, racing = 0;
  std::uint64_t kept = 0;     // accesses that later ones are still compared with
  std::uint64_t dropped = 0;  // not any more: every actor comes after them, or their actor's next covers them
  std::uint64_t forgotten = 0;  // for lack of room: races with these are not found
  std::uint64_t unknown = 0;    // transfers of which only the buffer's side was known
};

struct LogOptions {
  std::size_t most_kept = 1 << 16;  // accesses
  std::size_t most_races = 64;      // with different sites; more are only counted
  std::size_t prune_from = 1024;    // accesses; fewer are not searched for ones that can be dropped
};

// All functions may be called from any thread; none waits for anything but the log's own lock.
class AccessLog {
 public:
  explicit AccessLog(LogOptions options = {}) : options_(options) {}
  AccessLog(const AccessLog&) = delete;
  AccessLog& operator=(const AccessLog&) = delete;

  // ---- Threads

  // As which the calling thread is reported. A thread that the log hears of for the first time knows what all
  // others know.
  void name_thread(std::string name);

  // While it lives, the calling thread does everything as another one: for programs that play several.
  class Acting {
   public:
    Acting(Acting&& other) noexcept : log_(std::exchange(other.log_, nullptr)) {}
    Acting(const Acting&) = delete;
    Acting& operator=(const Acting&) = delete;
    Acting& operator=(Acting&&) = delete;
    ~Acting() {
      if (log_ != nullptr) log_->leave();
    }

   private:
    friend class AccessLog;
    explicit Acting(AccessLog& log) : log_(&log) {}
    AccessLog* log_;
  };
  // The thread of that name; at first it knows what the caller does, as one that was just started.
  [[nodiscard]] Acting act_as(const std::string& name);
  // That thread does nothing more, and the caller knows all that it did.
  void joined(const std::string& name);

  // What the caller did so far comes before whatever follows a later await() of the same object.
  void signal(const void* object);
  void await(const void* object);

  // ---- Accesses

  // By the calling thread, or by the host function or kernel whose body the thread runs.
  void access(const ByteRange& range, Access access, std::string what, CallSite where = CallSite::current());
  // By the work that was enqueued last on `stream`: what a kernel touches.
  void access(StreamId stream, const ByteRange& range, Access access, std::string what,
              CallSite where = CallSite::current());
  // The words for the thread's next call that enqueues work.
  void label_next(std::string what, CallSite where);

  // For reports. Ends with forget().
  void name_memory(const ByteRange& range, std::string name);
  // The memory was given back: what comes there next has nothing to do with it.
  void forget(const ByteRange& range);

  // ---- What a device does; LoggedDevice calls these after the device's own call has succeeded

  void created(StreamId stream);    // it knows what its creator does
  void destroyed(StreamId stream);  // its work still runs
  // Work of `stream`, which touches these. `fallback` is what it is called without a label.
  void enqueued(StreamId stream, std::span<const ByteRange> reads, std::span<const ByteRange> writes,
                const char* fallback);
  // As a thread's own access, under the label of the call: the part of a copy that is made at once.
  void at_once(const ByteRange& range, Access access, const char* fallback);
  void recorded(EventId event, StreamId stream);
  void waits(StreamId stream, EventId event);
  void destroyed(EventId event);
  void transfer_unknown();

  // What a synchronisation will have waited for when it returns. Taken before the call.
  Clock work_of(StreamId stream) const;
  Clock work_of(EventId event) const;
  Clock work_of_device() const;
  void synchronized(const Clock& work);

  // A place in a stream where host code will run. Taken before the call that enqueues it, as it may run
  // before that returns; confirmed when the call succeeded.
  struct Place;
  std::shared_ptr<Place> reserve(StreamId stream, const char* fallback);
  void confirm(const Place& place);
  // While it lives, the calling thread is at that place.
  [[nodiscard]] Acting run_at(const std::shared_ptr<Place>& place);

  // ---- Results

  std::vector<Race> races() const;
  Summary summary() const;

 private:
  using Shared = std::shared_ptr<const Clock>;
  struct VoidWait {  // for an event that was not recorded yet
    EventId event;
    Time time;
  };
  struct ActorState {
    std::string name;
    bool is_stream = false, ended = false;
    StreamId stream{};
    Clock clock;
    std::vector<VoidWait> void_waits;
  };
  struct Position {
    Actor actor = 0;
    Time time = 0;
    Shared seen;
  };
  // One call's accesses to memory of one kind.
  struct Record {
    std::uint64_t number;  // in the order of logging
    Access access;
    Position at;
    std::optional<Position> submitted;  // of a stream's work: the thread's
    Site site;
  };
  using RecordPointer = std::shared_ptr<const Record>;
  struct EventState {
    Clock clock;
    StreamId stream;
  };
  // A thread's, or that of code which runs in a stream.
  struct Frame {
    Actor actor;
    std::shared_ptr<Place> place;  // null: a thread's
  };
  struct ThreadState {
    std::vector<Frame> frames;
    std::optional<Site> label;
  };
  struct Last {  // the work that was enqueued last on a stream
    Position at, submitted;
  };
  using Guard = std::lock_guard<std::mutex>;

  // REQUIRES for all below: lock_ is held.
  ThreadState& thread();
  Frame current();
  Clock& clock_of(const Frame& frame);
  void released(const Frame& frame);
  Position here();
  Actor add_actor(std::string name, bool is_stream, StreamId stream, Clock clock);
  Actor actor_of(StreamId stream);
  Clock horizon() const;
  Last enqueue(StreamId stream);
  Site take_label(const char* fallback);
  void add(const Position& at, const std::optional<Position>& submitted, std::span<const ByteRange> ranges,
           Access access, Site site);
  bool may_race_with_late_code(const Record& record) const;
  void compare(const Record& old, const Record& now, const ByteRange& where);
  void prune();
  std::string describe(const ByteRange& range) const;
  std::optional<EventId> void_wait(const Record& record, const ActorState& other) const;
  std::string missing_edge(const Record& first, const Record& second) const;
  Race::Side side(const Record& record) const;
  void leave();

  const LogOptions options_;
  mutable std::mutex lock_;  // guards all below
  std::uint64_t live_ = 0;   // records that the shadow has; before it, as their end counts down
  std::vector<ActorState> actors_;
  std::map<std::thread::id, ThreadState> threads_;
  unsigned host_threads_ = 0;
  std::map<std::string, Actor> played_;
  std::map<StreamId, Actor> streams_;
  std::map<StreamId, Last> last_;
  std::map<EventId, EventState> events_;
  std::map<const void*, Clock> objects_;
  std::vector<std::weak_ptr<Place>> places_;  // that code may still come to
  std::map<std::uintptr_t, std::pair<std::uintptr_t, std::string>> names_;
  Shadow<RecordPointer> memory_;
  std::vector<Race> races_;
  Summary summary_;
  std::uint64_t prune_at_ = options_.prune_from;  // live records
};

}  // namespace kvtool::races

#include "core/device/races/access_log.h"

#include <algorithm>
#include <set>

namespace kvtool::races {
namespace {

// Between two pieces of work of a stream; what code in the stream releases lies in between.
constexpr Time kStep = 1 << 16;

}  // namespace

struct AccessLog::Place {
  Position at, submitted;
  Clock clock;  // of code that runs here; guarded by the log's lock
  Clock submitter;
  Site site;
};

// Threads

AccessLog::ThreadState& AccessLog::thread() { return threads_[std::this_thread::get_id()]; }

// A device's own threads, which only run code in streams, never become actors.
AccessLog::Frame AccessLog::current() {
  auto& frames = thread().frames;
  if (frames.empty()) {
    const std::string name = "thread " + std::to_string(++host_threads_);
    frames.push_back({add_actor(name, false, {}, horizon()), nullptr});
  }
  return frames.back();
}

Clock& AccessLog::clock_of(const Frame& frame) {
  return frame.place == nullptr ? actors_[frame.actor].clock : frame.place->clock;
}

// Whoever learned of the frame's clock does not know what follows.
void AccessLog::released(const Frame& frame) {
  Clock& clock = clock_of(frame);
  const Time now = clock[frame.actor];
  // The last time of a place is that before the stream's next work.
  if (frame.place == nullptr || now % kStep != kStep - 1) clock.set(frame.actor, now + 1);
}

AccessLog::Position AccessLog::here() {
  const Frame frame = current();
  const Clock& clock = clock_of(frame);
  return {frame.actor, clock[frame.actor], std::make_shared<const Clock>(clock)};
}

Actor AccessLog::add_actor(std::string name, bool is_stream, StreamId stream, Clock clock) {
  const auto actor = static_cast<Actor>(actors_.size());
  clock.set(actor, is_stream ? kStep : 1);
  actors_.push_back({.name = std::move(name),
                     .is_stream = is_stream,
                     .ended = false,
                     .stream = stream,
                     .clock = std::move(clock),
                     .void_waits = {}});
  return actor;
}

void AccessLog::name_thread(std::string name) {
  const Guard guard(lock_);
  actors_[current().actor].name = "thread " + std::move(name);
}

AccessLog::Acting AccessLog::act_as(const std::string& name) {
  const Guard guard(lock_);
  const Frame parent = current();
  auto found = played_.find(name);
  if (found == played_.end()) {
    found = played_.emplace(name, add_actor("thread " + name, false, {}, clock_of(parent))).first;
    released(parent);
  }
  thread().frames.push_back({found->second, nullptr});
  return Acting(*this);
}

void AccessLog::joined(const std::string& name) {
  const Guard guard(lock_);
  const auto found = played_.find(name);
  if (found == played_.end()) return;
  clock_of(current()).join(actors_[found->second].clock);
  actors_[found->second].ended = true;
  played_.erase(found);
}

void AccessLog::leave() {
  const Guard guard(lock_);
  const auto found = threads_.find(std::this_thread::get_id());
  found->second.frames.pop_back();
  if (found->second.frames.empty()) threads_.erase(found);
}

void AccessLog::signal(const void* object) {
  const Guard guard(lock_);
  const Frame frame = current();
  objects_[object].join(clock_of(frame));
  released(frame);
}

void AccessLog::await(const void* object) {
  const Guard guard(lock_);
  const auto found = objects_.find(object);
  if (found == objects_.end()) return;
  const Frame frame = current();
  clock_of(frame).join(found->second);
  // What waits in a stream holds up the stream.
  if (frame.place != nullptr) actors_[frame.actor].clock.join(found->second);
}

void AccessLog::label_next(std::string what, CallSite where) {
  const Guard guard(lock_);
  thread().label = Site{std::move(what), where};
}

Site AccessLog::take_label(const char* fallback) {
  ThreadState& state = thread();
  Site site = state.label ? std::move(*state.label) : Site{.what = fallback};
  state.label.reset();
  return site;
}

// Streams and events

Actor AccessLog::actor_of(StreamId stream) {
  const auto found = streams_.find(stream);
  if (found != streams_.end()) return found->second;
  const std::string name = stream == kLegacyStream
                               ? "the legacy stream"
                               : "stream " + std::to_string(static_cast<std::uint32_t>(stream));
  const Actor actor = add_actor(name, true, stream, clock_of(current()));
  streams_.emplace(stream, actor);
  return actor;
}

void AccessLog::created(StreamId stream) {
  const Guard guard(lock_);
  actor_of(stream);
  released(current());
}

void AccessLog::destroyed(StreamId stream) {
  const Guard guard(lock_);
  const auto found = streams_.find(stream);
  if (found == streams_.end()) return;
  actors_[found->second].ended = true;
  last_.erase(stream);
  streams_.erase(found);
}

AccessLog::Last AccessLog::enqueue(StreamId stream) {
  const Position submitter = here();
  const Actor actor = actor_of(stream);
  Clock& clock = actors_[actor].clock;
  clock.join(*submitter.seen);
  clock.set(actor, clock[actor] + kStep);
  Last last{{actor, clock[actor], std::make_shared<const Clock>(clock)}, submitter};
  last_[stream] = last;
  released(current());
  return last;
}

void AccessLog::enqueued(StreamId stream, std::span<const ByteRange> reads, std::span<const ByteRange> writes,
                         const char* fallback) {
  const Guard guard(lock_);
  const Last last = enqueue(stream);
  const Site site = take_label(fallback);
  add(last.at, last.submitted, reads, Access::read, site);
  add(last.at, last.submitted, writes, Access::write, site);
}

void AccessLog::recorded(EventId event, StreamId stream) {
  const Guard guard(lock_);
  const Last last = enqueue(stream);
  events_[event] = {*last.at.seen, stream};
}

void AccessLog::waits(StreamId stream, EventId event) {
  const Guard guard(lock_);
  const Actor actor = enqueue(stream).at.actor;
  const auto found = events_.find(event);
  if (found != events_.end())
    actors_[actor].clock.join(found->second.clock);
  else
    actors_[actor].void_waits.push_back({event, actors_[actor].clock[actor]});
}

void AccessLog::destroyed(EventId event) {
  const Guard guard(lock_);
  events_.erase(event);
}

Clock AccessLog::work_of(StreamId stream) const {
  const Guard guard(lock_);
  const auto found = streams_.find(stream);
  return found == streams_.end() ? Clock{} : actors_[found->second].clock;
}

Clock AccessLog::work_of(EventId event) const {
  const Guard guard(lock_);
  const auto found = events_.find(event);
  return found == events_.end() ? Clock{} : found->second.clock;
}

Clock AccessLog::work_of_device() const {
  const Guard guard(lock_);
  Clock all;
  for (const ActorState& actor : actors_)
    if (actor.is_stream) all.join(actor.clock);
  return all;
}

void AccessLog::synchronized(const Clock& work) {
  const Guard guard(lock_);
  clock_of(current()).join(work);
}

// Code in streams

std::shared_ptr<AccessLog::Place> AccessLog::reserve(StreamId stream, const char* fallback) {
  const Guard guard(lock_);
  const Position submitter = here();
  const Actor actor = actor_of(stream);
  ActorState& state = actors_[actor];
  state.clock.set(actor, state.clock[actor] + kStep);
  auto place = std::make_shared<Place>();
  place->clock = state.clock;
  place->clock.join(*submitter.seen);
  place->at = {actor, place->clock[actor], std::make_shared<const Clock>(place->clock)};
  place->submitted = submitter;
  place->submitter = *submitter.seen;
  place->site = take_label(fallback);
  places_.push_back(place);
  released(current());
  return place;
}

void AccessLog::confirm(const Place& place) {
  const Guard guard(lock_);
  ActorState& state = actors_[place.at.actor];
  state.clock.join(place.submitter);
  last_[state.stream] = {place.at, place.submitted};
}

AccessLog::Acting AccessLog::run_at(const std::shared_ptr<Place>& place) {
  const Guard guard(lock_);
  thread().frames.push_back({place->at.actor, place});
  return Acting(*this);
}

// Accesses

void AccessLog::access(const ByteRange& range, Access access, std::string what, CallSite where) {
  const Guard guard(lock_);
  const Position at = here();
  const Frame frame = current();
  std::optional<Position> submitted;
  if (frame.place != nullptr) submitted = frame.place->submitted;
  add(at, submitted, std::span(&range, 1), access, Site{std::move(what), where});
}

void AccessLog::access(StreamId stream, const ByteRange& range, Access access, std::string what,
                       CallSite where) {
  const Guard guard(lock_);
  auto found = last_.find(stream);
  const Last last = found == last_.end() ? enqueue(stream) : found->second;
  add(last.at, last.submitted, std::span(&range, 1), access, Site{std::move(what), where});
}

void AccessLog::at_once(const ByteRange& range, Access access, const char* fallback) {
  const Guard guard(lock_);
  ThreadState& state = thread();
  const Site site = state.label ? *state.label : Site{.what = fallback};  // the call's other part takes it
  add(here(), std::nullopt, std::span(&range, 1), access, site);
}

void AccessLog::name_memory(const ByteRange& range, std::string name) {
  const Guard guard(lock_);
  names_[range.begin] = {range.end, std::move(name)};
}

void AccessLog::forget(const ByteRange& range) {
  const Guard guard(lock_);
  memory_.forget(range);
  names_.erase(names_.lower_bound(range.begin), names_.lower_bound(range.end));
}

void AccessLog::transfer_unknown() {
  const Guard guard(lock_);
  ++summary_.unknown;
}

namespace {

bool comes_before(const auto& first, const auto& second) { return (*second.seen)[first.actor] >= first.time; }
bool is_ordered(const auto& first, const auto& second) {
  return comes_before(first, second) || comes_before(second, first);
}

}  // namespace

void AccessLog::add(const Position& at, const std::optional<Position>& submitted,
                    std::span<const ByteRange> ranges, Access access, Site site) {
  if (ranges.empty()) return;
  const std::shared_ptr<Record> now(new Record{++summary_.accesses, access, at, submitted, std::move(site)},
                                    [this](const Record* record) {
                                      --live_;
                                      const std::unique_ptr<const Record> owner(record);
                                    });
  ++live_;
  std::set<std::uint64_t> compared;
  for (const ByteRange& range : ranges)
    memory_.change(range, [&](const ByteRange& part, Shadow<RecordPointer>::Entries& entries) {
      bool is_covered = false;
      for (const RecordPointer& old : entries) {
        if (old == now) return;
        const bool same_work = old->at.actor == at.actor && old->at.time == at.time;
        const bool conflict = old->access == Access::write || access == Access::write;
        if (conflict && !same_work && compared.insert(old->number).second) compare(*old, *now, part);
        // Code in a stream may come late.
        if (old->at.actor == at.actor && old->at.time > at.time &&
            (old->access == Access::write || access == Access::read) &&
            (!old->submitted || !submitted || comes_before(*submitted, *old->submitted)) &&
            !may_race_with_late_code(*now))
          is_covered = true;
      }
      if (is_covered) return;
      std::erase_if(entries, [&](const RecordPointer& old) {
        return old->at.actor == at.actor && old->at.time <= at.time &&
               (access == Access::write || old->access == Access::read) &&
               (!old->submitted || !submitted || comes_before(*old->submitted, *submitted)) &&
               !may_race_with_late_code(*old);
      });
      entries.push_back(now);
    });
  if (live_ > prune_at_) prune();
}

// Code that waits in a stream is logged when it runs, perhaps behind a later access that covers this one:
// only those that it certainly comes after may go.
bool AccessLog::may_race_with_late_code(const Record& record) const {
  return std::any_of(places_.begin(), places_.end(), [&](const auto& waiting) {
    const auto place = waiting.lock();
    return place != nullptr && place->submitter[record.at.actor] < record.at.time;
  });
}

void AccessLog::compare(const Record& old, const Record& now, const ByteRange& where) {
  const bool same_actor = old.at.actor == now.at.actor;
  bool ordered = same_actor || is_ordered(old.at, now.at);
  // A stream keeps an order that its threads left to chance.
  if (same_actor && old.submitted && now.submitted && old.submitted->actor != now.submitted->actor)
    ordered = is_ordered(*old.submitted, *now.submitted);
  if (ordered) {
    ++(same_actor ? summary_.in_one_stream : summary_.ordered);
    return;
  }
  ++summary_.racing;
  const auto is_same = [](const Race::Side& side, const Record& record) {
    return side.access == record.access && side.site == record.site;
  };
  for (Race& race : races_)
    if (is_same(race.first, old) && is_same(race.second, now)) {
      ++race.times;
      return;
    }
  if (races_.size() < options_.most_races)
    races_.push_back({.first = side(old),
                      .second = side(now),
                      .memory = describe(where),
                      .missing = missing_edge(old, now)});
}

// What every actor knows, and all code that may still run in a stream.
Clock AccessLog::horizon() const {
  std::optional<Clock> known;
  const auto meet = [&](const Clock& clock) { known ? known->meet(clock) : void(known = clock); };
  for (const ActorState& actor : actors_)
    if (!actor.ended) meet(actor.clock);
  for (const auto& place : places_)
    if (const auto live = place.lock()) meet(live->submitter);
  return known.value_or(Clock{});
}

void AccessLog::prune() {
  std::erase_if(places_, [](const auto& place) { return place.expired(); });
  const Clock known = horizon();
  memory_.forget_entries(
      [&](const RecordPointer& record) { return known[record->at.actor] >= record->at.time; });
  if (live_ > options_.most_kept) {
    std::set<std::uint64_t> numbers;
    memory_.for_each_entry([&](const RecordPointer& record) { numbers.insert(record->number); });
    const auto excess = numbers.size() - std::min(numbers.size(), options_.most_kept / 2);
    summary_.forgotten += excess;
    const std::uint64_t first =
        excess == 0 ? 0 : *std::next(numbers.begin(), static_cast<std::ptrdiff_t>(excess - 1)) + 1;
    memory_.forget_entries([&](const RecordPointer& record) { return record->number < first; });
  }
  // Searched again when as much has come as was left, so that an access costs its share of one search.
  prune_at_ =
      std::max<std::uint64_t>(options_.prune_from, std::min<std::uint64_t>(2 * live_, options_.most_kept));
}

std::vector<Race> AccessLog::races() const {
  const Guard guard(lock_);
  return races_;
}

Summary AccessLog::summary() const {
  const Guard guard(lock_);
  Summary result = summary_;
  result.kept = live_;
  result.dropped = result.accesses - result.kept - result.forgotten;
  return result;
}

}  // namespace kvtool::races

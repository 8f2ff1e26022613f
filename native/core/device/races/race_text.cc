// What a race is told as.
#include <algorithm>

#include "core/device/races/access_log.h"

namespace kvtool::races {

std::string Site::place() const {
  if (!where.is_known()) return "";
  // As stack traces in a build tree have it: a folder and a file tell which.
  std::string file = where.file;
  const auto last = file.rfind('/');
  const auto before = last == std::string::npos || last == 0 ? last : file.rfind('/', last - 1);
  if (before != std::string::npos) file = file.substr(before + 1);
  return file + ":" + std::to_string(where.line);
}

std::string Site::text() const { return where.is_known() ? what + " (" + place() + ")" : what; }

std::string Race::brief() const {
  return "race on " + memory + " between \"" + first.site.what + "\" and \"" + second.site.what + "\"";
}

std::string Race::text() const {
  const auto tell = [](const Side& side) {
    return side.who + (side.access == Access::write ? " writes in " : " reads in ") + "\"" +
           side.site.text() + "\"" + (side.submitter.empty() ? "" : ", enqueued by " + side.submitter);
  };
  return "race on " + memory + ": " + tell(first) + "; " + tell(second) + "; nothing orders the two" +
         (times > 1 ? " (" + std::to_string(times) + " pairs)" : "") + ". Missing: " + missing;
}

Race::Side AccessLog::side(const Record& record) const {
  return {.access = record.access,
          .who = actors_[record.at.actor].name,
          .submitter = record.submitted ? actors_[record.submitted->actor].name : "",
          .site = record.site};
}

std::string AccessLog::describe(const ByteRange& range) const {
  auto at = names_.upper_bound(range.begin);
  if (at != names_.begin() && (--at)->second.first > range.begin)
    return "bytes " + std::to_string(range.begin - at->first) + " to " +
           std::to_string(range.end - at->first) + " of " + at->second.second;
  return std::to_string(range.bytes()) + " bytes of memory without a name";
}

// A wait that `record` stands behind, for an event that was not recorded then, nor on another stream than
// `other` since.
std::optional<EventId> AccessLog::void_wait(const Record& record, const ActorState& other) const {
  const auto& waits = actors_[record.at.actor].void_waits;
  const auto found = std::find_if(waits.rbegin(), waits.rend(), [&](const VoidWait& wait) {
    const auto event = events_.find(wait.event);
    return wait.time <= record.at.time && (event == events_.end() || event->second.stream == other.stream);
  });
  return found == waits.rend() ? std::nullopt : std::optional(found->event);
}

namespace {

// `waiter` and `other` are actors, `next` and `done` what they do.
std::string void_advice(const auto& waiter, EventId event, const auto& other, const std::string& done,
                        const std::string& next) {
  return waiter.name + " waited for event " + std::to_string(static_cast<std::uint32_t>(event)) +
         " before anything was recorded in it, which is no wait: record it on " + other.name + " after " +
         done + ", and only then let " + waiter.name + " wait for it before " + next;
}

}  // namespace

std::string AccessLog::missing_edge(const Record& first, const Record& second) const {
  const ActorState &one = actors_[first.at.actor], &two = actors_[second.at.actor];
  const std::string done = "\"" + first.site.what + "\"", next = "\"" + second.site.what + "\"";
  // An event that was recorded behind the first access, if one was.
  std::string event;
  for (const auto& [id, state] : events_)
    if (state.stream == one.stream && state.clock[first.at.actor] >= first.at.time) {
      event = "event " + std::to_string(static_cast<std::uint32_t>(id));
      break;
    }
  if (&one == &two)
    return "one lock held over all that belongs together, as " + one.name + " runs " + done + " and " + next +
           " in the order in which " + actors_[first.submitted->actor].name + " and " +
           actors_[second.submitted->actor].name + " happen to call";
  if (one.is_stream && two.is_stream) {
    if (one.stream == kLegacyStream || two.stream == kLegacyStream)
      return "synchronise the device after " + done + ": the legacy stream and " +
             (one.stream == kLegacyStream ? two.name : one.name) + " do not wait for each other";
    if (const auto waited = void_wait(second, one)) return void_advice(two, *waited, one, done, next);
    // Who waited in vain came first, and was to be the second.
    if (const auto waited = void_wait(first, two)) return void_advice(one, *waited, two, next, done);
    return (event.empty() ? "record an event on " + one.name + " after " + done
                          : event + " was recorded on " + one.name + " after " + done) +
           (event.empty() ? ", and let " : ": let ") + two.name + " wait for it before " + next;
  }
  if (one.is_stream)
    return (event.empty()
                ? "record an event on " + one.name + " after " + done + ", and synchronise with it in "
                : "synchronise with " + event + ", which " + one.name + " recorded after " + done + ", in ") +
           two.name + " before " + next;
  if (two.is_stream && second.submitted->actor == first.at.actor)
    return "synchronise with an event that " + two.name + " records after " + next + " before " + done;
  if (two.is_stream)
    return "let " + actors_[second.submitted->actor].name + " wait for " + one.name +
           " (a lock, a signal) before it enqueues " + next;
  return "a lock that both hold, or a signal from " + one.name + " after " + done + " to " + two.name +
         " before " + next;
}

}  // namespace kvtool::races

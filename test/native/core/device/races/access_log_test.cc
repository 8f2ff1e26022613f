// The access log against an oracle: random programs of threads, streams, events, signals and host functions,
// whose happens-before is computed by transitive closure over every operation.
#include "core/device/races/access_log.h"

#include <gtest/gtest.h>

#include <array>
#include <bitset>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace kvtool::races {
namespace {

constexpr unsigned kThreads = 3, kStreams = 3, kEvents = 3, kObjects = 2;
constexpr std::size_t kMostNodes = 256;

// What the oracle knows: nodes, each with all that come before it.
class Oracle {
 public:
  using Before = std::bitset<kMostNodes>;

  unsigned add(std::initializer_list<int> after) {
    Before before;
    for (const int node : after)
      if (node >= 0) before |= before_[static_cast<unsigned>(node)] | bit(node);
    before_.push_back(before);
    return static_cast<unsigned>(before_.size() - 1);
  }
  void also_after(unsigned node, int other) {
    if (other >= 0) before_[node] |= before_[static_cast<unsigned>(other)] | bit(other);
  }
  bool ordered(unsigned a, unsigned b) const { return before_[b][a] || before_[a][b]; }
  std::size_t size() const { return before_.size(); }

 private:
  static Before bit(int node) { return Before{}.set(static_cast<std::size_t>(node)); }
  std::vector<Before> before_;
};

struct Touch {
  unsigned node;
  int submitter;  // node; -1: a thread's own access
  int stream;     // -1: a thread's own access
  unsigned thread;
  ByteRange range;
  Access access;
};

struct Choice {
  bool one_thread_a_stream = false, host_functions = true;
  LogOptions options = {};
};

// A random program, told to the log and to the oracle.
class RandomProgram {
 public:
  RandomProgram(std::uint64_t seed, const Choice& choice)
      : random_(seed), choice_(choice), log_(choice.options) {
    for (unsigned i = 0; i < kThreads; ++i) const auto made = log_.act_as(name(i));
    thread_.fill(-1);
    stream_.fill(-1);
    event_.fill(-1);
  }

  void run(unsigned operations) {
    for (unsigned i = 0; i < operations && oracle_.size() + 3 < kMostNodes; ++i) step();
    while (!waiting_.empty()) run_host_function();
  }

  AccessLog& log() { return log_; }
  // By the number of the access that was logged second.
  std::set<std::pair<unsigned, unsigned>> races() const {
    std::set<std::pair<unsigned, unsigned>> found;
    for (unsigned b = 0; b < touches_.size(); ++b)
      for (unsigned a = 0; a < b; ++a)
        if (is_race(touches_[a], touches_[b])) found.emplace(a, b);
    return found;
  }

 private:
  static std::string name(unsigned thread) { return "T" + std::to_string(thread); }
  unsigned pick(unsigned below) { return static_cast<unsigned>(random_() % below); }

  static bool is_same_actor(const Touch& a, const Touch& b) {
    return a.stream == b.stream && (a.stream >= 0 || a.thread == b.thread);
  }
  bool is_race(const Touch& a, const Touch& b) const {
    if (a.access == Access::read && b.access == Access::read) return false;
    if (a.range.begin >= b.range.end || b.range.begin >= a.range.end) return false;
    if (!is_same_actor(a, b)) return !oracle_.ordered(a.node, b.node);
    if (a.stream < 0 || a.node == b.node || a.thread == b.thread) return false;
    return !oracle_.ordered(static_cast<unsigned>(a.submitter), static_cast<unsigned>(b.submitter));
  }

  // The thread's next operation.
  unsigned host(unsigned thread) {
    return static_cast<unsigned>(thread_[thread] = static_cast<int>(oracle_.add({thread_[thread]})));
  }
  unsigned on_stream(unsigned stream, unsigned submitter) {
    return static_cast<unsigned>(
        stream_[stream] = static_cast<int>(oracle_.add({stream_[stream], static_cast<int>(submitter)})));
  }
  std::string label() const { return "a" + std::to_string(touches_.size()); }
  ByteRange range() {
    const std::uintptr_t begin = 100 + pick(6);
    return {begin, begin + 1 + pick(3)};
  }

  void step() {
    unsigned thread = pick(kThreads);
    const unsigned stream = pick(kStreams);
    const unsigned event = pick(kEvents), object = pick(kObjects), kind = pick(20);
    if (choice_.one_thread_a_stream && (kind < 12 || kind == 19)) thread = stream % kThreads;
    const auto acting = log_.act_as(name(thread));
    const StreamId on{stream + 1};
    const EventId of{event + 1};
    if (kind < 4) {
      const unsigned node = host(thread);
      touch({node, -1, -1, thread, range(), pick(2) == 0 ? Access::read : Access::write});
    } else if (kind < 9) {
      const unsigned submitter = host(thread), node = on_stream(stream, submitter);
      const ByteRange where = range();
      const std::span<const ByteRange> one(&where, 1);
      const bool writes = pick(2) == 0;
      log_.label_next(label(), CallSite::current());
      log_.enqueued(on, writes ? std::span<const ByteRange>{} : one,
                    writes ? one : std::span<const ByteRange>{}, "");
      touches_.push_back({node, static_cast<int>(submitter), static_cast<int>(stream), thread, where,
                          writes ? Access::write : Access::read});
    } else if (kind < 11) {
      event_[event] = static_cast<int>(on_stream(stream, host(thread)));
      log_.recorded(of, on);
    } else if (kind < 13) {
      const unsigned node = on_stream(stream, host(thread));
      oracle_.also_after(node, event_[event]);
      log_.waits(on, of);
    } else if (kind == 13) {
      log_.synchronized(log_.work_of(on));
      oracle_.also_after(host(thread), stream_[stream]);
    } else if (kind == 14) {
      log_.synchronized(log_.work_of(of));
      oracle_.also_after(host(thread), event_[event]);
    } else if (kind == 15) {
      if (pick(3) != 0) return;
      log_.synchronized(log_.work_of_device());
      const unsigned node = host(thread);
      for (const int last : stream_) oracle_.also_after(node, last);
    } else if (kind == 16) {
      log_.signal(&objects_[object]);
      signals_[object].push_back(host(thread));
    } else if (kind == 17) {
      log_.await(&objects_[object]);
      const unsigned node = host(thread);
      for (const unsigned signal : signals_[object]) oracle_.also_after(node, static_cast<int>(signal));
    } else if (choice_.host_functions && kind == 18 && !waiting_.empty()) {
      run_host_function();
    } else if (choice_.host_functions && kind == 19) {
      const unsigned submitter = host(thread);
      auto place = log_.reserve(on, "");
      log_.confirm(*place);
      const unsigned node = on_stream(stream, submitter);
      waiting_.push_back({std::move(place), node, submitter, stream, thread});
    }
  }

  // Any one that was enqueued and has not run, long after more was enqueued behind it perhaps.
  void run_host_function() {
    const auto at = waiting_.begin() + pick(static_cast<unsigned>(waiting_.size()));
    const Waiting function = std::move(*at);
    waiting_.erase(at);
    const auto acting = log_.run_at(function.place);
    for (unsigned i = pick(3); i > 0; --i)
      touch({function.node, static_cast<int>(function.submitter), static_cast<int>(function.stream),
             function.thread, range(), pick(2) == 0 ? Access::read : Access::write});
  }

  void touch(const Touch& touch) {
    log_.access(touch.range, touch.access, label());
    touches_.push_back(touch);
  }

  struct Waiting {
    std::shared_ptr<AccessLog::Place> place;
    unsigned node, submitter, stream, thread;
  };

  std::mt19937_64 random_;
  const Choice choice_;
  AccessLog log_;
  Oracle oracle_;
  std::array<int, kThreads> thread_{};
  std::array<int, kStreams> stream_{};
  std::array<int, kEvents> event_{};
  std::array<char, kObjects> objects_{};
  std::array<std::vector<unsigned>, kObjects> signals_;
  std::vector<Waiting> waiting_;
  std::vector<Touch> touches_;
};

std::set<std::pair<unsigned, unsigned>> reported(const AccessLog& log) {
  std::set<std::pair<unsigned, unsigned>> found;
  for (const Race& race : log.races())
    found.emplace(std::stoul(race.first.site.what.substr(1)), std::stoul(race.second.site.what.substr(1)));
  return found;
}

std::set<unsigned> seconds(const std::set<std::pair<unsigned, unsigned>>& races) {
  std::set<unsigned> result;
  for (const auto& race : races) result.insert(race.second);
  return result;
}

// How often each kind of program turned up: a test of programs that all race, or none, shows nothing.
struct Tally {
  unsigned racing = 0, clean = 0;
  std::uint64_t dropped = 0;
};

Tally compare(const Choice& choice, unsigned programs, unsigned operations) {
  Tally tally;
  for (std::uint64_t seed = 1; seed <= programs; ++seed) {
    RandomProgram program(seed, choice);
    program.run(operations);
    const auto expected = program.races();
    const auto found = reported(program.log());
    for (const auto& [first, second] : found)
      EXPECT_TRUE(expected.contains({first, second}))
          << "seed " << seed << ": a" << first << " and a" << second << " are ordered";
    EXPECT_EQ(expected.empty(), found.empty()) << "seed " << seed;
    // Each access that races with an earlier one is seen to: with the last one, if not with all of them.
    if (choice.one_thread_a_stream && !choice.host_functions) {
      EXPECT_EQ(seconds(expected), seconds(found)) << "seed " << seed;
    }
    ++(expected.empty() ? tally.clean : tally.racing);
    tally.dropped += program.log().summary().dropped;
    if (testing::Test::HasFailure()) break;
  }
  return tally;
}

constexpr LogOptions kAll{.most_kept = 1 << 16, .most_races = 1 << 16, .prune_from = 1 << 16};
constexpr LogOptions kPruning{.most_kept = 1 << 16, .most_races = 1 << 16, .prune_from = 2};

TEST(AccessLog, AgreesWithTheTransitiveClosureOfRandomPrograms) {
  for (const unsigned operations : {8u, 16u, 60u}) {
    compare({.options = kAll}, 1000, operations);
    const Tally tally = compare({.host_functions = false, .options = kAll}, 1000, operations);
    if (operations == 16) {
      EXPECT_GT(tally.racing, 100u);
      EXPECT_GT(tally.clean, 30u);
    }
  }
}

TEST(AccessLog, FindsEveryAccessThatRacesWhereOneThreadFeedsEachStream) {
  compare({.one_thread_a_stream = true, .host_functions = false, .options = kAll}, 2000, 12);
  compare({.one_thread_a_stream = true, .host_functions = false, .options = kAll}, 500, 80);
}

TEST(AccessLog, LosesNothingByDroppingWhatEveryActorComesAfter) {
  const Tally tally =
      compare({.one_thread_a_stream = true, .host_functions = false, .options = kPruning}, 1500, 80);
  EXPECT_GT(tally.dropped, 0u);
  compare({.options = kPruning}, 1500, 60);
}

const ByteRange kBlock{4096, 8192};
constexpr StreamId kOne{1}, kTwo{2};
constexpr EventId kEvent{7};

void write_on(AccessLog& log, StreamId stream, const char* what) {
  log.label_next(what, CallSite::current());
  log.enqueued(stream, {}, std::span(&kBlock, 1), "");
}

TEST(AccessLog, SaysWhichEdgeIsMissing) {
  AccessLog log;
  log.name_thread("scheduler");
  log.name_memory({4096, 16384}, "staging buffer");
  write_on(log, kOne, "offload A");
  write_on(log, kTwo, "offload B");
  ASSERT_EQ(log.races().size(), 1u);
  const Race race = log.races()[0];
  EXPECT_EQ(
      race.missing,
      "record an event on stream 1 after \"offload A\", and let stream 2 wait for it before \"offload B\"");
  EXPECT_EQ(race.memory, "bytes 0 to 4096 of staging buffer");
  EXPECT_EQ(race.first.who, "stream 1");
  EXPECT_EQ(race.second.submitter, "thread scheduler");
  EXPECT_NE(race.second.site.text().find("offload B (races/access_log_test.cc:"), std::string::npos)
      << race.second.site.text();
  EXPECT_NE(race.text().find("nothing orders the two. Missing: record"), std::string::npos) << race.text();
}

TEST(AccessLog, NamesAnEventThatIsThereToBeWaitedFor) {
  AccessLog log;
  write_on(log, kOne, "load");
  log.recorded(kEvent, kOne);
  write_on(log, kTwo, "use");
  ASSERT_EQ(log.races().size(), 1u);
  EXPECT_EQ(log.races()[0].missing,
            "event 7 was recorded on stream 1 after \"load\": let stream 2 wait for it before \"use\"");
}

TEST(AccessLog, TakesAWaitBeforeTheRecordForNoWait) {
  AccessLog log;
  log.waits(kTwo, kEvent);
  write_on(log, kOne, "load");
  log.recorded(kEvent, kOne);
  write_on(log, kTwo, "use");
  ASSERT_EQ(log.races().size(), 1u);
  EXPECT_NE(log.races()[0].missing.find("stream 2 waited for event 7 before anything was recorded in it"),
            std::string::npos)
      << log.races()[0].missing;
}

// The reader that waited in vain is done before the writer comes: still it is the reader who was to wait.
TEST(AccessLog, NamesTheVoidWaitAlsoWhereTheWaiterCameFirst) {
  AccessLog log;
  log.waits(kTwo, kEvent);
  log.label_next("use", CallSite::current());
  log.enqueued(kTwo, std::span(&kBlock, 1), {}, "");
  write_on(log, kOne, "load");
  ASSERT_EQ(log.races().size(), 1u);
  EXPECT_EQ(log.races()[0].missing,
            "stream 2 waited for event 7 before anything was recorded in it, which is no wait: record it on "
            "stream 1 after \"load\", and only then let stream 2 wait for it before \"use\"");
}

TEST(AccessLog, BlamesNoVoidWaitForAnEventOfAnotherStream) {
  AccessLog log;
  log.waits(kTwo, kEvent);
  log.recorded(kEvent, StreamId{3});
  write_on(log, kOne, "load");
  write_on(log, kTwo, "use");
  ASSERT_EQ(log.races().size(), 1u);
  EXPECT_EQ(log.races()[0].missing,
            "record an event on stream 1 after \"load\", and let stream 2 wait for it before \"use\"");
}

TEST(AccessLog, CountsOrderedPairs) {
  AccessLog log;
  write_on(log, kOne, "load");
  log.recorded(kEvent, kOne);
  log.waits(kTwo, kEvent);
  write_on(log, kTwo, "use");
  write_on(log, kTwo, "use again");
  const Summary summary = log.summary();
  EXPECT_EQ(summary.racing, 0u);
  EXPECT_EQ(summary.ordered, 2u);  // "use" is not compared with "load" again by "use again", but it is there
  EXPECT_EQ(summary.in_one_stream, 1u);
  EXPECT_EQ(summary.accesses, 3u);
}

TEST(AccessLog, FindsAnOrderOnOneStreamThatThreadsLeftToChance) {
  for (const bool locked : {false, true}) {
    AccessLog log;
    for (const char* request : {"1", "2"}) {
      const auto acting = log.act_as(request);
      if (locked) log.await(&log);
      write_on(log, kOne, request);
      if (locked) log.signal(&log);
    }
    ASSERT_EQ(log.races().size(), locked ? 0u : 1u);
    if (!locked) {
      EXPECT_EQ(
          log.races()[0].missing,
          "one lock held over all that belongs together, as stream 1 runs \"1\" and \"2\" in the order in "
          "which thread 1 and thread 2 happen to call");
    }
  }
}

TEST(AccessLog, ForgetsTheOldestForLackOfRoomAndSaysSo) {
  AccessLog log({.most_kept = 64, .most_races = 8, .prune_from = 16});
  const auto idle = log.act_as("idle");  // knows of nothing: nothing can be dropped for it
  {
    const auto busy = log.act_as("busy");
    for (std::uintptr_t i = 0; i < 1000; ++i) log.access({i * 16, i * 16 + 8}, Access::write, "fill");
  }
  const Summary summary = log.summary();
  EXPECT_EQ(summary.accesses, 1000u);
  EXPECT_GT(summary.forgotten, 900u);
  EXPECT_LE(summary.kept, 65u);
  EXPECT_EQ(summary.kept + summary.dropped + summary.forgotten, 1000u);
}

TEST(AccessLog, KeepsNothingOfWhatOneThreadDoesAlone) {
  AccessLog log({.most_kept = 64, .most_races = 8, .prune_from = 16});
  for (std::uintptr_t i = 0; i < 1000; ++i) log.access({i * 16, i * 16 + 8}, Access::write, "fill");
  EXPECT_EQ(log.summary().forgotten, 0u);
  EXPECT_GT(log.summary().dropped, 900u);
}

}  // namespace
}  // namespace kvtool::races

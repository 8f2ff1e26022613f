#include "core/explorer/schedule.h"

#include <gtest/gtest.h>

#include "core/explorer/explorer.h"
#include "core/explorer/random.h"
#include "core/runtime/model_runtime.h"

namespace kvtool::explore::test {
namespace {

using Scenarios = std::map<std::string, Scenario, std::less<>>;

Scenarios scenarios() {
  Scenario ring{.id = "ring",
                .parameters = {{.name = "threads", .standard = 2, .least = 2, .most = 6, .what = "threads"},
                               {.name = "laps", .standard = 1, .least = 1, .most = 9, .what = "laps"}},
                .variants = {{.name = "buggy"}, {.name = "fixed"}}};
  return {{"ring", ring}};
}

ScheduleLine some_line(MemoryModel model) {
  ScheduleLine line{.scenario = "ring",
                    .variant = "buggy",
                    .model = model,
                    .parameters = {{"threads", 3}, {"laps", 1}},
                    .limits = {},
                    .schedule = {}};
  line.limits.timeouts = 1;
  line.schedule.points = {{kMaxAgents, 0, 0}, {0, 3, 1}, {1, 12, 0}};
  line.schedule.choices = {0, 2, 255};
  if (model == MemoryModel::pso || model == MemoryModel::arm) {
    line.schedule.agents = {{Kind::flush, 1, 7}};
    line.schedule.points.push_back({0, 4, kMaxActors});
    line.schedule.points.push_back({kMaxActors, 1, 2});
  }
  if (model == MemoryModel::arm) {
    line.schedule.agents.push_back({Kind::refresh, 0, 7});
    line.schedule.agents.push_back({Kind::bind, 2, 3});
    line.schedule.points.push_back({2, 1, kMaxActors + 1});
    line.schedule.points.push_back({kMaxActors + 1, 1, kMaxActors + 2});
    line.schedule.unlock_steps = true;
  }
  if (model == MemoryModel::tso) {
    line.schedule.agents = {{Kind::flush, 1, kNoObject}};
    line.schedule.points.push_back({0, 4, kMaxActors});
  }
  return line;
}

std::string refusal(const std::string& text) {
  try {
    parse_schedule(text, scenarios());
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "";
}

TEST(ScheduleText, IsReadBackAsItWasWritten) {
  const Scenarios all = scenarios();
  for (const MemoryModel model : {MemoryModel::sc, MemoryModel::tso, MemoryModel::pso, MemoryModel::arm}) {
    const ScheduleLine line = some_line(model);
    const std::string text = to_text(all.at("ring"), line);
    const ScheduleLine again = parse_schedule("  " + text + "\r\n", all);
    EXPECT_EQ(again.schedule, line.schedule) << text;
    EXPECT_EQ(again.parameters, line.parameters);
    EXPECT_EQ(again.limits.timeouts, 1U);
    EXPECT_EQ(again.variant, "buggy");
    EXPECT_EQ(again.model, model);
    EXPECT_EQ(to_text(all.at("ring"), again), text);
  }
}

TEST(ScheduleText, SpellsOutOnlyWhatIsNotStandard) {
  ScheduleLine line = some_line(MemoryModel::sc);
  EXPECT_NE(to_text(scenarios().at("ring"), line).find(".sc.threads=3,@timeouts=1."), std::string::npos);
  line.parameters["threads"] = 2;
  line.limits = {};
  const std::string text = to_text(scenarios().at("ring"), line);
  EXPECT_EQ(text.find('='), std::string::npos) << text;
  EXPECT_TRUE(text.ends_with(":>t0;t0,3>t1;t1,12>t0!0,2,255")) << text;
}

TEST(ScheduleText, SaysWhatDiffers) {
  const std::string text = to_text(scenarios().at("ring"), some_line(MemoryModel::sc));
  const auto with = [&](const std::string& part, const std::string& other) {
    std::string changed = text;
    changed.replace(changed.find(part), part.size(), other);
    return refusal(changed);
  };
  EXPECT_NE(with("kv1", "kv7").find("of version \"7\"; this kvtool replays version 1"), std::string::npos);
  EXPECT_NE(with(".ring.", ".rung.").find("no scenario \"rung\""), std::string::npos);
  EXPECT_NE(with(".buggy.", ".bugy.").find("no variant \"bugy\""), std::string::npos);
  EXPECT_NE(with(".buggy.", ".fixed.").find("another scenario, variant or memory model"), std::string::npos);
  EXPECT_NE(with(".sc.", ".tso.").find("another scenario, variant or memory model"), std::string::npos);
  EXPECT_NE(with("threads=3", "threads=4").find("other sizes: here they are laps=1, threads=4"),
            std::string::npos);
  EXPECT_NE(with("threads=3", "threads=9").find("expected 2 to 6"), std::string::npos);
  EXPECT_NE(with("@timeouts=1", "@timeouts=2").find("other limits"), std::string::npos);
  EXPECT_NE(with("@timeouts=1", "@steps=0").find("expected 1 to 32000"), std::string::npos);
}

// A standard value of the scenario that changed makes old lines another program's, though they do not name
// it.
TEST(ScheduleText, NoticesAStandardThatChanged) {
  ScheduleLine line = some_line(MemoryModel::sc);
  const std::string text = to_text(scenarios().at("ring"), line);
  Scenarios later = scenarios();
  later.at("ring").parameters[1].standard = 2;
  EXPECT_THROW(parse_schedule(text, later), std::invalid_argument);
}

TEST(ScheduleText, RefusesPointsThatNameNobody) {
  const std::string text = to_text(scenarios().at("ring"), some_line(MemoryModel::sc));
  const std::string head = text.substr(0, text.find(':') + 1);
  EXPECT_EQ(refusal(head + ">t0"), "");
  EXPECT_EQ(refusal(head), "");
  for (const char* points : {">t16", ">x0", "t0,1", "t0>t1", "t0,0>t1", "t0,99999>t1", ">b0", ">c0.1",
                             ">t0;;", ">", ">t0!256", ">t0!x", "t-1,1>t0", ">t0 ;t0,1>t1"})
    EXPECT_NE(refusal(head + points), "") << points;
}

TEST(ScheduleText, ReadsNoGarbage) {
  for (const char* text :
       {"", "kv", "kv1", "kv1:", "kv1.ring:", "kv1.ring.buggy:", "kv1.ring.buggy.sc:>t0",
        "kv1.ring.buggy.sc.threads=3:>t0", "kv1.ring.buggy.sc.=.x:", "hello", ":::::", "kv1....:"})
    EXPECT_NE(refusal(text), "") << text;
  EXPECT_NE(refusal(std::string(2'000'000, 'k')), "");
}

// Whatever is changed in a line, it is refused or read; and what was read is written as something that is
// read again.
TEST(ScheduleText, SurvivesDamage) {
  const Scenarios all = scenarios();
  Random random(7);
  for (const MemoryModel model : {MemoryModel::sc, MemoryModel::pso, MemoryModel::arm}) {
    const std::string text = to_text(all.at("ring"), some_line(model));
    for (int i = 0; i < 20'000; ++i) {
      std::string damaged = text;
      for (std::uint64_t changes = 1 + random.below(3); changes > 0; --changes) {
        const std::size_t at = random.below(damaged.size());
        switch (random.below(4)) {
          case 0:
            damaged[at] = static_cast<char>(random.below(256));
            break;
          case 1:
            damaged.erase(at, 1 + random.below(4));
            break;
          case 2:
            damaged.insert(at, 1, "0123456789.,;:>!tbclu@="[random.below(23)]);
            break;
          default:
            damaged = damaged.substr(0, at + 1);
        }
      }
      try {
        const ScheduleLine line = parse_schedule(damaged, all);
        EXPECT_EQ(parse_schedule(to_text(all.at("ring"), line), all).schedule, line.schedule) << damaged;
      } catch (const std::invalid_argument&) {
      }
    }
  }
}

struct Publish {
  static constexpr unsigned kActors = 2;
  static constexpr bool kMayBeAbandoned = true;
  ModelRuntime::atomic<int> data{0, "data"}, ready{0, "ready"};
  void run(unsigned actor) {
    if (actor == 0) {
      data.store(1, std::memory_order_relaxed);
      ready.store(1, std::memory_order_relaxed);
    } else if (ready.load(std::memory_order_relaxed) == 1) {
      ModelRuntime::check(data.load(std::memory_order_relaxed) == 1, "stale");
    }
  }
};

// Agents of the memory model get their numbers in the order in which executions meet them: a world that has
// seen others must replay the same all the same.
TEST(ScheduleText, ReplaysInAWorldThatNumbersItsAgentsOtherwise) {
  const Scenarios all = scenarios();
  for (const MemoryModel model : {MemoryModel::pso, MemoryModel::arm})
    for (std::uint64_t seed = 0; seed < 200; ++seed) {
      ProgramOf<Publish> program;
      ExploreOptions options;
      options.model = model;
      options.seed = seed;
      const Exploration result = explore(program, options);
      ASSERT_TRUE(result.failure) << to_string(model);
      const ScheduleLine line{.scenario = "ring",
                              .variant = "buggy",
                              .model = model,
                              .parameters = all.at("ring").resolve({}),
                              .limits = {},
                              .schedule = result.failure->schedule};
      const ScheduleLine read = parse_schedule(to_text(all.at("ring"), line), all);
      World world(model);
      const Replayed replayed = replay(program, read.schedule, world);
      EXPECT_TRUE(replayed.followed) << to_text(all.at("ring"), line);
      EXPECT_EQ(replayed.outcome, Outcome::violation) << to_text(all.at("ring"), line);
      EXPECT_EQ(world.steps(), result.failure->steps);
    }
}

}  // namespace
}  // namespace kvtool::explore::test

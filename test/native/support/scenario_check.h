// Checks a scenario against its own entry in the catalogue.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "core/explorer/catalog.h"
#include "core/explorer/explorer.h"

namespace kvtool::explore {

// Every variant, under every memory model of which the entry speaks (the scenario's own, and all of them for
// a variant that names some): the fixed ones are proved; the others fail as expected, in 20 seeds also by
// random executions alone, and each failure's schedule gives it again.
inline void expect_catalogued(const char* id) {
  const auto found = catalog().find(id);
  ASSERT_NE(found, catalog().end()) << id << " is not in the catalogue";
  const Scenario& scenario = found->second;
  const Parameters parameters = scenario.resolve({});
  for (const Variant& variant : scenario.variants) {
    std::vector<MemoryModel> models = {scenario.model};
    if (!variant.models.empty())
      models = {MemoryModel::sc, MemoryModel::tso, MemoryModel::pso, MemoryModel::arm};
    for (const MemoryModel model : models) {
      SCOPED_TRACE(std::string(id) + " " + variant.name + " under " + std::string(to_string(model)));
      const Expectation& expected = variant.expected_in(model);
      const auto program = variant.model(parameters);
      ExploreOptions options;
      options.model = model;
      options.limits = scenario.limits;
      const auto expect_failure = [&](const Exploration& result) {
        ASSERT_TRUE(result.failure) << to_string(result.conclusion) << ": " << result.explanation;
        EXPECT_EQ(result.failure->outcome, expected.outcome) << result.failure->message;
        EXPECT_TRUE(result.failure->message.starts_with(expected.message)) << result.failure->message;
        World world(model, scenario.limits);
        const Replayed again = replay(*program, result.failure->schedule, world);
        EXPECT_EQ(again.outcome, result.failure->outcome);
        EXPECT_EQ(world.message(), result.failure->message);
      };
      const Exploration result = explore(*program, options);
      if (expected.outcome == Outcome::ok) {
        EXPECT_EQ(result.conclusion, Conclusion::proved)
            << result.explanation << (result.failure ? result.failure->message : "");
        continue;
      }
      expect_failure(result);
      options.search = false;
      for (options.seed = 1; options.seed <= 20; ++options.seed) expect_failure(explore(*program, options));
    }
  }
}

}  // namespace kvtool::explore

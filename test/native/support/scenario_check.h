// expect_catalogued(id): every variant of a scenario of the catalogue shows what the catalogue says it shows,
// at the standard sizes.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <string>

#include "core/explorer/catalog.h"
#include "core/explorer/explorer.h"

namespace kvtool::explore::test {

inline void expect_found(const Expectation& expected, const Exploration& result, const std::string& where) {
  ASSERT_EQ(result.conclusion, Conclusion::failed) << where << ": " << result.explanation;
  EXPECT_EQ(to_string(result.failure->outcome), to_string(expected.outcome))
      << where << ": " << result.failure->message;
  EXPECT_EQ(result.failure->message.substr(0, expected.message.size()), expected.message) << where;
}

inline void expect_catalogued(const char* id) {
  constexpr std::uint64_t kSeeds = 20;
  const auto found = catalog().find(id);
  ASSERT_NE(found, catalog().end()) << "no scenario \"" << id << "\" is registered";
  const Scenario& scenario = found->second;
  const Parameters parameters = scenario.resolve({});
  for (const Variant& variant : scenario.variants) {
    const std::string where = scenario.id + " " + variant.name;
    const auto program = variant.model(parameters);
    ExploreOptions options;
    options.model = scenario.model;
    options.limits = scenario.limits;
    const Expectation& expected = variant.expected_in(options.model);
    const Exploration whole = explore(*program, options);
    if (expected.outcome == Outcome::ok) {
      EXPECT_EQ(to_string(whole.conclusion), "proved")
          << where << ": " << whole.explanation << (whole.failure ? whole.failure->message : "");
      continue;
    }
    expect_found(expected, whole, where);
    options.search = false;
    for (options.seed = 1; options.seed <= kSeeds; ++options.seed)
      expect_found(expected, explore(*program, options), where + ", seed " + std::to_string(options.seed));
  }
}

}  // namespace kvtool::explore::test

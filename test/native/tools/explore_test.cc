// kvtool-explore as a program: its lines, its exit codes, and scenarios that no scenario may be.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tools/child_process.h"

namespace kvtool {
namespace {

using nlohmann::json;

struct Result {
  int code = -1;
  std::vector<json> lines;
  std::string errors;
};

Result run(std::vector<std::string> arguments, const std::string& program) {
  arguments.insert(arguments.begin(), program);
  ChildProcess child(arguments);
  Result result;
  while (const auto line = child.output().next()) result.lines.push_back(json::parse(*line));
  result.errors = child.errors().all();
  result.code = child.exit_code();
  return result;
}

Result explore(const std::vector<std::string>& arguments) { return run(arguments, tool("kvtool-explore")); }
Result misbehave(const std::string& scenario, const std::vector<std::string>& more = {}) {
  std::vector<std::string> arguments{"explore", scenario};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return run(arguments, tool("kvtool-explore-misbehaving"));
}

std::string explanation(const Result& result) {
  return result.lines.empty() ? "" : result.lines.back().value("explanation", "");
}

TEST(ExploreTool, ListsTheCatalogue) {
  const Result result = explore({"--list"});
  ASSERT_EQ(result.code, 0) << result.errors;
  ASSERT_EQ(result.lines.size(), 1U);
  const json& scenarios = result.lines[0]["scenarios"];
  const auto abba = std::find_if(scenarios.begin(), scenarios.end(),
                                 [](const json& scenario) { return scenario["id"] == "abba"; });
  ASSERT_NE(abba, scenarios.end());
  EXPECT_EQ((*abba)["variants"][0]["expected"]["sc"]["outcome"], "deadlock");
  EXPECT_EQ((*abba)["parameters"][0]["max"], 6);
}

TEST(ExploreTool, GivesALineForEachVariant) {
  const Result result = explore({"explore", "abba"});
  ASSERT_EQ(result.code, 0) << result.errors;
  ASSERT_EQ(result.lines.size(), 2U);
  const json& buggy = result.lines[0];
  EXPECT_EQ(buggy["conclusion"], "failed");
  const json& trace = buggy["failure"]["trace"];
  EXPECT_EQ(trace["outcome"], "deadlock");
  EXPECT_EQ(trace["followed"], true);
  EXPECT_EQ(trace["steps"].size(), 2U);
  EXPECT_EQ(trace["steps"][1]["locks"], json::parse(R"({"A":["T0"],"B":["T1"]})"));
  EXPECT_EQ(trace["standing"][0]["waitsFor"], "mutex:B");
  EXPECT_EQ(trace["standing"][0]["holds"], json::parse(R"(["mutex:A"])"));
  const json& refusal = buggy["failure"]["comparison"]["refusal"];
  EXPECT_EQ(refusal["step"], 2);
  EXPECT_EQ(refusal["agent"], "T1");
  EXPECT_EQ(refusal["waitsFor"], "mutex:A");
  EXPECT_EQ(refusal["heldBy"], json::parse(R"(["T0"])"));
  EXPECT_EQ(result.lines[1]["conclusion"], "proved");
  EXPECT_GT(result.lines[1]["states"], 0);
}

#if defined(NDEBUG) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
// Without optimisation the innermost frame is the standard library's.
TEST(ExploreTool, NamesTheLinesOfTheScenario) {
  const json trace = explore({"explore", "abba", "--variant", "buggy"}).lines.at(0)["failure"]["trace"];
  for (const json& step : trace["steps"]) {
    EXPECT_EQ(step["place"]["file"], "abba/actors.h");
    EXPECT_GT(step["place"]["line"], 0);
  }
  EXPECT_NE(trace["standing"][0]["place"]["line"], trace["steps"][0]["place"]["line"]);
}
#endif

TEST(ExploreTool, ReplaysItsOwnLine) {
  const Result found = explore({"explore", "abba", "--variant", "buggy", "--param", "threads=4"});
  ASSERT_EQ(found.lines.size(), 1U) << found.errors;
  const std::string schedule = found.lines[0]["failure"]["schedule"];
  const Result again = explore({"replay", schedule});
  ASSERT_EQ(again.code, 0) << again.errors;
  EXPECT_EQ(again.lines[0]["trace"], found.lines[0]["failure"]["trace"]);
  EXPECT_EQ(again.lines[0]["schedule"], schedule);
  const Result fixed = explore({"replay", schedule, "--variant", "fixed"});
  ASSERT_EQ(fixed.code, 0) << fixed.errors;
  EXPECT_EQ(fixed.lines[0]["trace"]["outcome"], "ok");
}

TEST(ExploreTool, RunsARangeOfRandomExecutions) {
  const Result result =
      explore({"random", "abba", "--variant", "buggy", "--first", "1000", "--executions", "5000"});
  ASSERT_EQ(result.code, 0) << result.errors;
  const json& line = result.lines.back();
  EXPECT_EQ(line["executions"], 5000);
  EXPECT_EQ(line["complete"], true);
  ASSERT_EQ(line["findings"].size(), 1U);
  EXPECT_GE(line["findings"][0]["first"], 1000);
  EXPECT_GT(line["findings"][0]["count"], 1000);
}

TEST(ExploreTool, TellsHowFarItIs) {
  const Result result = explore({"random", "abba", "--variant", "fixed", "--seconds", "1.5"});
  ASSERT_EQ(result.code, 0) << result.errors;
  ASSERT_GE(result.lines.size(), 2U);
  EXPECT_EQ(result.lines[0]["kind"], "progress");
  EXPECT_GT(result.lines[0]["executions"], 0);
  EXPECT_EQ(result.lines.back()["conclusion"], "not-found");
}

TEST(ExploreTool, RefusesWhatItDoesNotKnow) {
  const std::vector<std::pair<std::vector<std::string>, std::string>> table{
      {{}, "found no job"},
      {{"prove"}, "found the job \"prove\""},
      {{"--list", "x"}, "expected nothing"},
      {{"explore"}, "found no scenario"},
      {{"explore", "aba"}, "there is no scenario \"aba\""},
      {{"explore", "abba", "abba"}, "expected one of them"},
      {{"explore", "abba", "--variant", "bugy"}, "it has buggy, fixed"},
      {{"explore", "abba", "--variant"}, "without a value"},
      {{"explore", "abba", "--model", "x86"}, "expected sc, tso, pso or arm"},
      {{"explore", "abba", "--param", "threads"}, "expected NAME=VALUE"},
      {{"explore", "abba", "--param", "threads=x"}, "expected a number"},
      {{"explore", "abba", "--param", "threads=99"}, "expected 2 to 6"},
      {{"explore", "abba", "--param", "treads=3"}, "it has threads, padding"},
      {{"explore", "abba", "--limit", "steps=0"}, "expected 1 to 32000"},
      {{"explore", "abba", "--seconds", "nan"}, "expected a number"},
      {{"explore", "abba", "--bogus", "1"}, "found --bogus"},
      {{"replay"}, "found no line"},
      {{"replay", "hello"}, "expected a line such as kv1"},
      {{"replay", "kv1.abba.buggy.sc.b63b6749723b:>t0", "--param", "threads=3"}, "says them itself"},
      {{"random", "abba"}, "expected one --variant"},
  };
  for (const auto& [arguments, message] : table) {
    const Result result = explore(arguments);
    EXPECT_EQ(result.code, 2) << message;
    EXPECT_NE(result.errors.find(message), std::string::npos) << result.errors;
    EXPECT_TRUE(result.lines.empty());
  }
}

TEST(ExploreTool, NamesTheActorThatNeverComesToAnOperation) {
  const Result result = misbehave("forever");
  ASSERT_EQ(result.code, 0) << result.errors;
  EXPECT_EQ(result.lines.back()["conclusion"], "stuck");
  EXPECT_TRUE(explanation(result).starts_with("actor spinner ran for 5 s without any operation"))
      << explanation(result);
}

TEST(ExploreTool, NamesWhatDependsOnEarlierExecutions) {
  const Result result = misbehave("dice");
  ASSERT_EQ(result.code, 0) << result.errors;
  EXPECT_EQ(result.lines.back()["conclusion"], "nondeterministic");
  EXPECT_NE(explanation(result).find("run twice with the same choices, the program differs at step 2"),
            std::string::npos)
      << explanation(result);
}

TEST(ExploreTool, SaysThatAProgramDoesNotEnd) {
  const Result result = misbehave("endless");
  ASSERT_EQ(result.code, 0) << result.errors;
  EXPECT_EQ(result.lines.back()["conclusion"], "bound");
  EXPECT_NE(explanation(result).find("did not end within 5000 steps"), std::string::npos);
}

TEST(ExploreTool, ReportsAnExceptionOfAnActor) {
  const Result result = misbehave("throws");
  ASSERT_EQ(result.code, 0) << result.errors;
  EXPECT_EQ(result.lines.back()["failure"]["outcome"], "exception");
  EXPECT_NE(result.lines.back()["failure"]["message"].get<std::string>().find("no such block"),
            std::string::npos);
}

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
TEST(ExploreTool, BoundsTheMemoryOfItsProgram) {
  const Result result = misbehave("hungry", {"--memory-mb", "256"});
  ASSERT_EQ(result.code, 0) << result.errors;
  const json& line = result.lines.back();
  EXPECT_TRUE(line["conclusion"] == "error" || line["failure"]["outcome"] == "exception") << line;
  EXPECT_NE(line.dump().find("256 MB"), std::string::npos) << line;
}
#endif

TEST(ExploreTool, EndsWhenNobodyReads) {
  ChildProcess child({tool("kvtool-explore"), "random", "abba", "--variant", "fixed", "--seconds", "600"});
  ASSERT_TRUE(child.output().next());
  child.output() = LineReader(snapshot::UniqueFd());
  EXPECT_TRUE(child.wait());
}

}  // namespace
}  // namespace kvtool

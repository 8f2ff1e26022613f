// kvtool-transfer-bench as a program: its arguments, and its self-test where there is no GPU.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tools/child_process.h"

namespace kvtool {
namespace {

struct Result {
  int code = -1;
  std::string output, errors;
};

Result run(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), tool("kvtool-transfer-bench"));
  ChildProcess child(arguments);
  Result result;
  result.output = child.output().all();
  result.errors = child.errors().all();
  result.code = child.exit_code();
  return result;
}

TEST(TransferBench, ComparesTheReferenceWithPositionsOnTheSimulatedDevice) {
  const Result result = run({"--self-test", "--device", "sim"});
  EXPECT_EQ(result.code, 0) << result.errors;
  const auto document = nlohmann::json::parse(result.output);
  const auto& found = document["self_test"];
  EXPECT_EQ(found["failed"], 0) << found["failures"];
  EXPECT_EQ(found["by"]["reference"], found["by"]["staged"]);
  EXPECT_GE(found["cases"], 5000);
}

TEST(TransferBench, SaysWhatIsWrongWithItsArguments) {
  for (const std::vector<std::string>& arguments : std::vector<std::vector<std::string>>{
           {"--device", "sim"}, {"--device", "tpu"}, {"--rounds", "0"}, {"now"}}) {
    const Result result = run(arguments);
    EXPECT_EQ(result.code, 2) << arguments[0];
    EXPECT_NE(result.errors.find("usage: kvtool-transfer-bench"), std::string::npos) << result.errors;
  }
}

}  // namespace
}  // namespace kvtool

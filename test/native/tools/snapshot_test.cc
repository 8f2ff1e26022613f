// kvtool-snapshot as a program: arguments, exit codes, where the document goes.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "core/snapshot/unique_fd.h"
#include "tools/child_process.h"

namespace kvtool {
namespace {

struct Result {
  int code = -1;
  std::string output;
  std::string errors;
};

Result run(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), tool("kvtool-snapshot"));
  ChildProcess child(arguments);
  Result result;
  result.output = child.output().all();
  result.errors = child.errors().all();
  result.code = child.exit_code();
  return result;
}

class SnapshotTool : public testing::Test {
 protected:
  SnapshotTool() : target_({fixture_program("abba")}) { target_.facts(); }
  std::string pid() const { return std::to_string(target_.pid()); }
  ChildProcess target_;
};

TEST_F(SnapshotTool, PrintsOneDocument) {
  const Result result = run({pid()});
  EXPECT_EQ(result.code, 0) << result.errors;
  EXPECT_EQ(result.errors, "");
  const auto dump = nlohmann::json::parse(result.output);
  EXPECT_EQ(dump["schemaVersion"], 1);
  EXPECT_EQ(dump["pid"], target_.pid());
  EXPECT_EQ(dump["pausedUs"], 0);
  EXPECT_EQ(dump["threads"].size(), 3u);
  EXPECT_TRUE(dump["lockLines"].empty());
}

TEST_F(SnapshotTool, WritesAWholeFileOrNone) {
  const std::string path = testing::TempDir() + "kvtool-dump-" + std::to_string(getpid()) + ".json";
  const Result result = run({pid(), "--output", path, "--budget-ms", "2000"});
  EXPECT_EQ(result.code, 0) << result.errors;
  EXPECT_EQ(result.output, "");
  std::ifstream file(path);
  const std::string text(std::istreambuf_iterator<char>(file), {});
  EXPECT_EQ(nlohmann::json::parse(text)["pid"], target_.pid());
  std::filesystem::remove(path);

  const Result refused = run({pid(), "--output", "/no/such/folder/dump.json"});
  EXPECT_EQ(refused.code, 69);
  EXPECT_NE(refused.errors.find("cannot write /no/such/folder/dump.json"), std::string::npos);
}

TEST_F(SnapshotTool, WritesIntoWhatIsNoFileInsteadOfReplacingIt) {
  const std::string path = testing::TempDir() + "kvtool-fifo-" + std::to_string(getpid());
  ASSERT_EQ(mkfifo(path.c_str(), 0600), 0);
  // For both directions: then nobody waits for the other end, and the document fits into the pipe.
  const snapshot::UniqueFd fifo(open(path.c_str(), O_RDWR | O_CLOEXEC));
  ASSERT_TRUE(fifo);
  const Result result = run({pid(), "--output", path});
  EXPECT_EQ(result.code, 0) << result.errors;
  ASSERT_TRUE(std::filesystem::is_fifo(path));
  std::string text(std::size_t{1} << 16, '\0');
  const ssize_t bytes = read(fifo.get(), text.data(), text.size());
  ASSERT_GT(bytes, 0);
  EXPECT_EQ(nlohmann::json::parse(text.substr(0, static_cast<std::size_t>(bytes)))["pid"], target_.pid());
  std::filesystem::remove(path);
}

TEST_F(SnapshotTool, SaysHowEachThreadWasLookedAt) {
  const std::pair<std::vector<std::string>, const char*> ways[] = {
      {{}, "no-stop"}, {{"--no-stop"}, "no-stop"}, {{"--freeze"}, "frozen"}};
  for (const auto& [flags, rung] : ways) {
    std::vector<std::string> arguments{pid()};
    arguments.insert(arguments.end(), flags.begin(), flags.end());
    const Result result = run(arguments);
    EXPECT_EQ(result.code, 0) << result.errors;
    const auto dump = nlohmann::json::parse(result.output);
    for (const auto& thread : dump["threads"]) {
      EXPECT_EQ(thread["rung"], rung);
      EXPECT_EQ(thread["accuracy"], "exact");
      EXPECT_EQ(thread.contains("pausedUs"), !flags.empty() && flags[0] == "--freeze");
    }
  }
}

TEST_F(SnapshotTool, UnreadableCoreIsUnavailable) {
  const Result result = run({"--core", "/no/such/core"});
  EXPECT_EQ(result.code, 69);
  EXPECT_EQ(result.errors,
            "kvtool-snapshot: cannot read /no/such/core: No such file or directory; expected a core file\n");
}

TEST_F(SnapshotTool, MissingFlightFileIsNoFailure) {
  const Result result = run({pid(), "--flight", "/no/such/events.kvr"});
  EXPECT_EQ(result.code, 0);
  const auto lacks = nlohmann::json::parse(result.output)["lacks"];
  const std::string expected = "No lock lines from /no/such/events.kvr: No such file or directory.";
  EXPECT_NE(std::find(lacks.begin(), lacks.end(), expected), lacks.end()) << lacks;
}

TEST_F(SnapshotTool, GoneProcessIsUnavailable) {
  const std::string dead = pid();
  target_.send(SIGKILL);
  ASSERT_TRUE(target_.wait());
  const Result result = run({dead});
  EXPECT_EQ(result.code, 69);
  EXPECT_EQ(result.output, "");
  EXPECT_EQ(result.errors, "kvtool-snapshot: found no process " + dead +
                               "; expected the PID of a live process; check it with: ps -p " + dead + "\n");
}

TEST_F(SnapshotTool, WrongArgumentsAreUsageErrors) {
  const std::vector<std::vector<std::string>> wrong = {
      {},
      {"python3"},
      {"0"},
      {"-1"},
      {"12x"},
      {"99999999999999999999"},
      {"1", "2"},
      {pid(), "--flight"},
      {pid(), "--budget-ms", "0"},
      {pid(), "--budget-ms", "soon"},
      {pid(), "--verbose", "1"},
      {pid(), "--freeze", "--no-stop"},
      {pid(), "--core", "core"},
      {pid(), "--exe", "program"},
      {"--core", "core", "--freeze"},
      {"--core", ""},
  };
  for (const auto& arguments : wrong) {
    const Result result = run(arguments);
    EXPECT_EQ(result.code, 2) << testing::PrintToString(arguments);
    EXPECT_EQ(result.output, "");
    EXPECT_TRUE(result.errors.starts_with("kvtool-snapshot: found ")) << result.errors;
    EXPECT_NE(result.errors.find("expected"), std::string::npos) << result.errors;
    EXPECT_EQ(std::count(result.errors.begin(), result.errors.end(), '\n'), 1) << result.errors;
  }
}

TEST_F(SnapshotTool, Help) {
  const Result result = run({"--help"});
  EXPECT_EQ(result.code, 0);
  EXPECT_TRUE(result.output.starts_with("usage: kvtool-snapshot PID"));
}

}  // namespace
}  // namespace kvtool

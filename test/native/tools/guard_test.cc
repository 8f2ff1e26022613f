// kvtool-guard: whatever happens to whom, nothing of the harness stays.
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "tools/child_process.h"

namespace kvtool {
namespace {

using nlohmann::json;

// A guard, with the supervisor's ends of its pipes.
class Guard {
 public:
  explicit Guard(const std::vector<std::string>& harness)
      : child_(command(control_, status_, harness), {control_.read_end.get(), status_.write_end.get()}),
        news_(std::move(status_.read_end)) {
    control_.read_end = snapshot::UniqueFd();
    status_.write_end = snapshot::UniqueFd();
  }

  ChildProcess& process() { return child_; }
  json next() {
    const auto line = news_.next();
    return line ? json::parse(*line) : json();
  }
  bool said_all() { return !news_.next(); }
  void order(char byte) {
    if (write(control_.write_end.get(), &byte, 1) != 1) ADD_FAILURE() << "the guard does not listen";
  }
  // What the kernel does when the supervisor dies, however it dies.
  void abandon() { control_.write_end = snapshot::UniqueFd(); }

 private:
  static std::vector<std::string> command(const Pipe& control, const Pipe& status,
                                          const std::vector<std::string>& harness) {
    std::vector<std::string> words{tool("kvtool-guard"),
                                   "--control-fd",
                                   std::to_string(control.read_end.get()),
                                   "--status-fd",
                                   std::to_string(status.write_end.get()),
                                   "--"};
    words.insert(words.end(), harness.begin(), harness.end());
    return words;
  }

  Pipe control_;
  Pipe status_;
  ChildProcess child_;
  LineReader news_;
};

TEST(Guard, PassesTheExitCodeOn) {
  Guard guard({"sh", "-c", "exit 7"});
  EXPECT_EQ(guard.next()["event"], "started");
  EXPECT_EQ(guard.next(), json({{"event", "exited"}, {"code", 7}}));
  EXPECT_EQ(guard.next(), json({{"event", "done"}, {"strays", 0}}));
  EXPECT_TRUE(guard.said_all());
  EXPECT_EQ(guard.process().exit_code(), 0);
}

TEST(Guard, PassesTheSignalOn) {
  for (const char* name : {"SEGV", "KILL", "ABRT"}) {
    Guard guard({"sh", "-c", std::string("ulimit -c 0; kill -") + name + " $$"});
    EXPECT_EQ(guard.next()["event"], "started");
    EXPECT_EQ(guard.next(), json({{"event", "exited"}, {"signal", std::string("SIG") + name}}));
    EXPECT_EQ(guard.next()["event"], "done");
    EXPECT_EQ(guard.process().exit_code(), 0);
  }
}

TEST(Guard, SaysThatTheCommandCannotRun) {
  Guard guard({"/no/such/\"harness\""});
  EXPECT_EQ(guard.next(), json({{"event", "exec-failed"},
                                {"errno", ENOENT},
                                {"message", "cannot run /no/such/?harness?: No such file or directory"}}));
  EXPECT_TRUE(guard.said_all());
  EXPECT_EQ(guard.process().exit_code(), 69);
}

std::set<std::string> open_descriptors(pid_t pid) {
  std::set<std::string> open;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/" + std::to_string(pid) + "/fd"))
    open.insert(entry.path().filename());
  return open;
}

TEST(Guard, TheHarnessStartsWithAFreshStateInItsOwnGroup) {
  Guard guard({fixture_program("obeys")});
  const pid_t harness = guard.next()["pid"];
  const auto facts = guard.process().facts();
  ASSERT_EQ(facts.size(), 1u);
  EXPECT_EQ(facts[0], (std::vector<std::string>{"signals", "0", "0", "1"}))
      << "blocked, ignored, leads its group";
  EXPECT_EQ(getpgid(harness), harness);
  // What is open in it is what is open in a child of ours without a guard between.
  ChildProcess plain({fixture_program("obeys")});
  plain.facts();
  EXPECT_EQ(open_descriptors(harness), open_descriptors(plain.pid()));
  guard.order('k');
  EXPECT_EQ(guard.process().exit_code(), 0);
}

TEST(Guard, OrderTerminateReachesTheGroup) {
  Guard guard({fixture_program("obeys")});
  EXPECT_EQ(guard.next()["event"], "started");
  guard.process().facts();
  guard.order('t');
  EXPECT_EQ(guard.next(), json({{"event", "exited"}, {"signal", "SIGTERM"}}));
  EXPECT_EQ(guard.next(), json({{"event", "done"}, {"strays", 0}}));
}

// The PIDs that a fixture reports, last word of each line.
std::vector<pid_t> reported_pids(ChildProcess& process) {
  std::vector<pid_t> pids;
  for (const auto& words : process.facts()) pids.push_back(std::stoi(words.back()));
  return pids;
}

TEST(Guard, OrderKillNeedsNobodysConsent) {
  Guard guard({fixture_program("stubborn")});
  EXPECT_EQ(guard.next()["event"], "started");
  const auto pids = reported_pids(guard.process());
  ASSERT_EQ(pids.size(), 2u);
  guard.order('t');  // ignored by both
  guard.order('k');
  EXPECT_EQ(guard.next(), json({{"event", "exited"}, {"signal", "SIGKILL"}}));
  EXPECT_EQ(guard.next(), json({{"event", "done"}, {"strays", 1}}));
  EXPECT_EQ(guard.process().exit_code(), 0);
  for (const pid_t pid : pids) EXPECT_TRUE(is_gone(pid));
}

TEST(Guard, DaemonThatLeftIsFoundAndKilled) {
  Guard guard({fixture_program("daemonizer")});
  EXPECT_EQ(guard.next()["event"], "started");
  const auto pids = reported_pids(guard.process());
  ASSERT_EQ(pids.size(), 1u);
  EXPECT_FALSE(is_gone(pids[0]));
  guard.process().tell("x");
  EXPECT_EQ(guard.next(), json({{"event", "exited"}, {"code", 7}}));
  EXPECT_EQ(guard.next(), json({{"event", "done"}, {"strays", 1}}));
  EXPECT_EQ(guard.process().exit_code(), 0);
  EXPECT_TRUE(is_gone(pids[0]));
}

TEST(Guard, SupervisorsDeathKillsEverything) {
  for (const char* harness : {"stubborn", "daemonizer"}) {
    Guard guard({fixture_program(harness)});
    EXPECT_EQ(guard.next()["event"], "started");
    const auto pids = reported_pids(guard.process());
    guard.abandon();
    EXPECT_EQ(guard.next(), json({{"event", "exited"}, {"signal", "SIGKILL"}}));
    const json done = guard.next();
    EXPECT_EQ(done["event"], "done");
    EXPECT_EQ(done["strays"], 1) << harness;
    EXPECT_EQ(guard.process().exit_code(), 0);
    for (const pid_t pid : pids) EXPECT_TRUE(is_gone(pid)) << harness;
  }
}

TEST(Guard, DoesItsWorkWhenNobodyReadsItsStatus) {
  Pipe control;
  Pipe status;
  ChildProcess guard(
      {tool("kvtool-guard"), "--control-fd", std::to_string(control.read_end.get()), "--status-fd",
       std::to_string(status.write_end.get()), "--", fixture_program("stubborn")},
      {control.read_end.get(), status.write_end.get()});
  const auto pids = reported_pids(guard);
  status.read_end = snapshot::UniqueFd();  // a write now means EPIPE
  status.write_end = snapshot::UniqueFd();
  control.write_end = snapshot::UniqueFd();
  EXPECT_EQ(guard.exit_code(), 0);
  for (const pid_t pid : pids) EXPECT_TRUE(is_gone(pid));
}

TEST(Guard, IgnoresTheTerminalsSignals) {
  Guard guard({fixture_program("obeys")});
  EXPECT_EQ(guard.next()["event"], "started");
  guard.process().facts();
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGQUIT}) guard.process().send(signal);
  guard.order('t');
  EXPECT_EQ(guard.next(), json({{"event", "exited"}, {"signal", "SIGTERM"}})) << "by our order, not by those";
  EXPECT_EQ(guard.process().exit_code(), 0);
}

TEST(Guard, ItsOwnViolentDeathKillsTheHarness) {
  Guard guard({fixture_program("obeys")});
  const pid_t harness = guard.next()["pid"];
  guard.process().facts();
  ASSERT_FALSE(is_gone(harness));
  guard.process().send(SIGKILL);
  EXPECT_TRUE(await_until([&] { return is_gone(harness); }));
}

TEST(Guard, ReapsOrphansWhileTheHarnessRuns) {
  // Three orphans end at once; the harness reports how many children its guard has, itself included.
  Guard guard(
      {"sh", "-c",
       "for i in 1 2 3; do (true &) ; done; "
       "until [ \"$(cat /proc/$PPID/task/$PPID/children | wc -w)\" = 1 ]; do sleep 0.01; done; exit 5"});
  EXPECT_EQ(guard.next()["event"], "started");
  EXPECT_EQ(guard.next(), json({{"event", "exited"}, {"code", 5}}));
  EXPECT_EQ(guard.next(), json({{"event", "done"}, {"strays", 0}})) << "who ended alone is no stray";
}

TEST(Guard, WrongArgumentsAreUsageErrors) {
  const std::vector<std::vector<std::string>> wrong = {
      {},
      {"--", "true"},
      {"--control-fd", "0", "--", "true"},
      {"--control-fd", "0", "--status-fd", "1"},
      {"--control-fd", "0", "--status-fd", "1", "--"},
      {"--control-fd", "0", "--status-fd", "777", "--", "true"},
      {"--control-fd", "x", "--status-fd", "1", "--", "true"},
      {"--quick", "0", "--status-fd", "1", "--", "true"},
  };
  for (std::vector<std::string> arguments : wrong) {
    arguments.insert(arguments.begin(), tool("kvtool-guard"));
    ChildProcess guard(arguments);
    EXPECT_TRUE(guard.errors().all().starts_with("kvtool-guard: ")) << testing::PrintToString(arguments);
    EXPECT_EQ(guard.exit_code(), 2) << testing::PrintToString(arguments);
  }
}

}  // namespace
}  // namespace kvtool

// What a snapshot does to its target: nothing to threads that are blocked, and to no thread anything that
// lasts.
#include <gtest/gtest.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <set>
#include <string>

#include "core/snapshot/json.h"
#include "core/snapshot/proc_files.h"
#include "core/snapshot/snapshot.h"
#include "core/snapshot/tracee.h"
#include "tools/child_process.h"

namespace kvtool::snapshot {
namespace {

const ThreadDump* find(const ProcessDump& dump, pid_t tid) {
  const auto thread = std::ranges::find(dump.threads, tid, &ThreadDump::tid);
  return thread == dump.threads.end() ? nullptr : &*thread;
}

bool lacks(const ProcessDump& dump, const std::string& text) {
  return std::ranges::any_of(dump.lacks,
                             [&](const std::string& s) { return s.find(text) != std::string::npos; });
}

std::string file_text(const std::string& path) {
  std::ifstream file(path);
  return std::string(std::istreambuf_iterator<char>(file), {});
}

Status status_of(pid_t tid) {
  return parse_status(file_text("/proc/" + std::to_string(tid) + "/status")).value_or(Status{});
}

char state_of(pid_t tid) {
  return parse_stat(file_text("/proc/" + std::to_string(tid) + "/stat")).value_or(Stat{}).state;
}

// A program whose threads wait in all kinds of calls.
struct Waiters {
  Waiters() : child({fixture_program("waits-in-calls")}) {
    for (const auto& words : child.facts()) {
      if (words.at(0) == "call") calls[std::stoi(words.at(2))] = words.at(1);
      if (words.at(0) == "ipc") ipc = {std::stoi(words.at(1)), std::stoi(words.at(2))};
    }
    // They have some instructions to go yet.
    EXPECT_TRUE(await_until([&] {
      const ProcessDump dump = take_snapshot({.pid = child.pid(), .may_stop = false});
      return std::ranges::all_of(calls, [&](const auto& call) {
        const ThreadDump* thread = find(dump, call.first);
        return thread != nullptr && thread->syscall && thread->state == 'S';
      });
    }));
  }
  // System V objects outlive whoever made them.
  ~Waiters() {
    semctl(ipc.first, 0, IPC_RMID);
    msgctl(ipc.second, IPC_RMID, nullptr);
  }
  // How often each thread has given its processor away: it moves when a thread does.
  std::string switches(pid_t tid) const {
    const std::string text =
        file_text("/proc/" + std::to_string(child.pid()) + "/task/" + std::to_string(tid) + "/status");
    return text.substr(text.find("voluntary_ctxt_switches"));
  }
  ChildProcess child;
  std::map<pid_t, std::string> calls;
  std::pair<int, int> ipc{-1, -1};
};

TEST(Stops, BlockedThreadDoesNotMoveHoweverOftenItIsDumped) {
  Waiters waiters;
  ASSERT_EQ(waiters.calls.size(), 18u);
  std::map<pid_t, std::string> before;
  for (const auto& [tid, call] : waiters.calls) before[tid] = waiters.switches(tid);
  for (int i = 0; i < 20; ++i) {
    const ProcessDump dump = take_snapshot({.pid = waiters.child.pid()});
    EXPECT_EQ(dump.paused_us, 0u);
    for (const ThreadDump& thread : dump.threads) EXPECT_EQ(thread.rung, Rung::no_stop) << thread.tid;
  }
  for (const auto& [tid, call] : waiters.calls) EXPECT_EQ(waiters.switches(tid), before[tid]) << call;
  // None returned: each would have said so.
  waiters.child.send(SIGKILL);
  EXPECT_EQ(waiters.child.output().all(), "");
}

TEST(Stops, FreezeSaysWhichCallsItWoke) {
  Waiters waiters;
  const ProcessDump dump = take_snapshot({.pid = waiters.child.pid(), .freeze = true});
  std::string woken_threads;
  for (const std::string& lack : dump.lacks)
    if (lack.find("returned EINTR") != std::string::npos) woken_threads = lack;
  std::set<std::string> told;
  std::set<std::string> woke;
  for (const auto& [tid, call] : waiters.calls) {
    const ThreadDump* thread = find(dump, tid);
    ASSERT_NE(thread, nullptr);
    EXPECT_EQ(thread->rung, Rung::frozen);
    EXPECT_EQ(thread->accuracy, Accuracy::exact);
    EXPECT_EQ(thread->stack, StackState::complete) << call;
    EXPECT_TRUE(thread->wait) << call;
    EXPECT_GT(thread->paused_us, 0u);
    if (woken_threads.find(std::to_string(tid)) != std::string::npos) told.insert(call);
  }
  EXPECT_GT(dump.paused_us, 0u);
  // The kernel makes these fail, and starts all others again: a list of Linux 6, so what it tells is compared
  // with what happened, not with the list.
  for (std::size_t i = 0; i < told.size(); ++i) {
    const auto line = waiters.child.output().next();
    ASSERT_TRUE(line);
    woke.insert(line->substr(line->find(' ') + 1));
  }
  EXPECT_EQ(told, woke);
  EXPECT_TRUE(told.contains("epoll_wait"));
  EXPECT_TRUE(told.contains("sigtimedwait"));
  EXPECT_TRUE(told.contains("semop"));
}

TEST(Stops, FreezeSeesLocksAsTheyWere) {
  ChildProcess child({fixture_program("abba")});
  const auto facts = child.facts();
  ProcessDump dump;
  EXPECT_TRUE(await_until([&] {
    dump = take_snapshot({.pid = child.pid(), .freeze = true});
    return std::ranges::count_if(dump.threads, [](const auto& t) { return t.wait && t.wait->owner; }) == 2;
  })) << to_json(dump);
  for (const ThreadDump& thread : dump.threads) {
    EXPECT_EQ(thread.rung, Rung::frozen);
    if (!thread.wait || thread.wait->kind != WaitKind::mutex) continue;
    EXPECT_NE(thread.wait->owner, thread.tid);
    EXPECT_NE(find(dump, thread.wait->owner.value_or(0)), nullptr);
  }
}

TEST(Stops, FreezeMeetsThreadsThatComeAndGo) {
  ChildProcess child({fixture_program("churning-threads")});
  const pid_t stays = std::stoi(child.facts().at(0).at(1));
  for (int look = 0; look < 50; ++look) {
    const ProcessDump dump = take_snapshot({.pid = child.pid(), .freeze = true});
    ASSERT_NE(find(dump, stays), nullptr);
    EXPECT_EQ(find(dump, stays)->rung, Rung::frozen);
  }
}

TEST(Stops, FrozenTwiceIsStillTheSame) {
  ChildProcess child({fixture_program("spinner")});
  const pid_t spinner = std::stoi(child.facts().at(0).at(1));
  for (int i = 0; i < 20; ++i) {
    const ProcessDump dump = take_snapshot({.pid = child.pid(), .freeze = true});
    const ThreadDump* thread = find(dump, spinner);
    ASSERT_NE(thread, nullptr);
    EXPECT_EQ(thread->rung, Rung::frozen);
    EXPECT_EQ(thread->stack, StackState::complete);
    EXPECT_FALSE(thread->wait);
  }
}

// Whoever traces and is killed leaves the target as it was. Killed at many moments: the time that a dump
// takes is cut into pieces, and each is tried.
void expect_unharmed_by_killed_dumps(const std::vector<std::string>& flags) {
  ChildProcess child({fixture_program("spinner")});
  const pid_t spinner = std::stoi(child.facts().at(0).at(1));
  const auto cpu_of = [&] {
    return parse_stat(file_text("/proc/" + std::to_string(child.pid()) + "/task/" + std::to_string(spinner) +
                                "/stat"))
        .value_or(Stat{})
        .cpu_ticks;
  };
  constexpr int kMoments = 60;
  constexpr std::chrono::microseconds kStep{250};
  for (int moment = 0; moment < kMoments; ++moment) {
    std::vector<std::string> command{tool("kvtool-snapshot"), std::to_string(child.pid())};
    command.insert(command.end(), flags.begin(), flags.end());
    {
      const ChildProcess dump(command);
      std::this_thread::sleep_for(moment * kStep);
      dump.send(SIGKILL);
    }
    for (const pid_t tid : {child.pid(), spinner}) {
      EXPECT_EQ(status_of(tid).tracer, 0) << moment;
      EXPECT_TRUE(await_until([&] { return state_of(tid) == (tid == spinner ? 'R' : 'S'); }))
          << moment << " " << state_of(tid);
    }
  }
  const auto before = cpu_of();
  EXPECT_TRUE(await_until([&] { return cpu_of() > before; })) << "it runs no more";
}

TEST(Stops, KilledAtAnyMomentTheTargetRunsOnUntraced) { expect_unharmed_by_killed_dumps({}); }
TEST(Stops, KilledAtAnyMomentOfAFreezeTheTargetRunsOnUntraced) {
  expect_unharmed_by_killed_dumps({"--freeze"});
}

TEST(Stops, SignalThatArrivesMeanwhileIsNotLost) {
  // The fixture ends at SIGTERM, whoever looks at it. By the tool, for a process may not trace its own
  // children and wait for them as well.
  for (int i = 0; i < 20; ++i) {
    ChildProcess child({fixture_program("spinner")});
    child.facts();
    std::atomic<bool> ended{false};
    std::thread dumper([&] {
      while (!ended) {
        ChildProcess dump({tool("kvtool-snapshot"), std::to_string(child.pid()), "--freeze"});
        dump.output().all();
        dump.wait();
      }
    });
    std::this_thread::sleep_for(std::chrono::milliseconds(i % 5));
    child.send(SIGTERM);
    const auto status = child.wait();
    ended = true;
    dumper.join();
    ASSERT_TRUE(status);
    EXPECT_TRUE(WIFSIGNALED(*status));
    EXPECT_EQ(WTERMSIG(*status), SIGTERM);
  }
}

TEST(Stops, ThreadThatSomebodyElseTracesIsLeftAlone) {
  ChildProcess child({fixture_program("spinner")});
  const pid_t spinner = std::stoi(child.facts().at(0).at(1));
  on_tracer_thread([&] {
    const Tracee traced(spinner);
    ASSERT_EQ(traced.state(), Tracee::State::seized);
    const ProcessDump dump = take_snapshot({.pid = child.pid()});
    const ThreadDump* thread = find(dump, spinner);
    ASSERT_NE(thread, nullptr);
    EXPECT_TRUE(thread->frames.empty());
    EXPECT_TRUE(lacks(dump, "must not be traced by another process"));
    EXPECT_EQ(find(dump, child.pid())->stack, StackState::complete);
  });
  EXPECT_EQ(status_of(spinner).tracer, 0);
}

TEST(Stops, StoppedProcessStaysStopped) {
  ChildProcess child({fixture_program("spinner")});
  child.facts();
  child.send(SIGSTOP);
  const auto stopped = [&] { return state_of(child.pid()) == 'T'; };
  ASSERT_TRUE(await_until(stopped));
  for (const bool freeze : {false, true}) {
    const ProcessDump dump = take_snapshot({.pid = child.pid(), .freeze = freeze});
    for (const ThreadDump& thread : dump.threads) EXPECT_FALSE(thread.frames.empty()) << freeze;
    EXPECT_TRUE(await_until(stopped)) << freeze;
    EXPECT_EQ(status_of(child.pid()).tracer, 0);
  }
  child.send(SIGCONT);
}

}  // namespace
}  // namespace kvtool::snapshot

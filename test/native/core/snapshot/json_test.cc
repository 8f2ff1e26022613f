#include "core/snapshot/json.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace kvtool::snapshot {
namespace {

TEST(Json, IsTheTypeScriptType) {
  ProcessDump dump;
  dump.pid = 10;
  dump.command = "abba";
  dump.taken_at = "2026-01-02T03:04:05.678Z";
  dump.took_us = 1127;
  ThreadDump thread;
  thread.tid = 11;
  thread.name = "left first";
  thread.state = 'S';
  thread.cpu_us = 20000;
  thread.syscall = Syscall{.number = 202, .args = {0x5000, 0x80, 2, 0, 0, 0}, .sp = 0x7000, .pc = 0x1000};
  thread.wait = ThreadWait{.kind = WaitKind::rwlock_read, .address = 0x5000, .owner = 12};
  thread.frames = {{.pc = 0x1000, .function = "pthread_mutex_lock", .module = "libc.so.6"},
                   {.pc = 0xffffffffffffffff}};
  thread.stack = StackState::complete;
  dump.threads.push_back(thread);
  dump.lock_lines.push_back({.tid = 11,
                             .name = "launcher",
                             .holds = {"runtime-lock:GIL"},
                             .wants = "driver-lock:W",
                             .where = "cudaEventRecord",
                             .waiting_ms = 2500});
  dump.lacks = {"Something."};

  const auto expected = nlohmann::ordered_json::parse(R"({
    "schemaVersion": 1, "pid": 10, "command": "abba", "takenAt": "2026-01-02T03:04:05.678Z", "tookUs": 1127,
    "pausedUs": 0,
    "threads": [{
      "tid": 11, "name": "left first", "state": "S", "cpuUs": 20000,
      "syscall": {"number": 202, "name": "futex", "args": ["0x5000", "0x80", "0x2", "0x0", "0x0", "0x0"],
                  "sp": "0x7000", "pc": "0x1000"},
      "wait": {"kind": "rwlock-read", "address": "0x5000", "ownerTid": 12},
      "frames": [{"pc": "0x1000", "function": "pthread_mutex_lock", "module": "libc.so.6", "runtime": "native"},
                 {"pc": "0xffffffffffffffff", "runtime": "native"}],
      "stack": "complete"
    }],
    "lockLines": [{"tid": 11, "name": "launcher", "holds": ["runtime-lock:GIL"], "wants": "driver-lock:W",
                   "where": "cudaEventRecord", "waitingMs": 2500}],
    "lacks": ["Something."]
  })");
  EXPECT_EQ(to_json(dump), expected.dump(2) + "\n");
}

TEST(Json, LeavesOutWhatIsUnknown) {
  ProcessDump dump;
  dump.threads.push_back({});
  dump.lock_lines.push_back({});
  const auto json = nlohmann::json::parse(to_json(dump));
  EXPECT_FALSE(json.contains("command"));
  for (const char* key : {"cpuUs", "syscall", "wait"}) EXPECT_FALSE(json["threads"][0].contains(key)) << key;
  for (const char* key : {"wants", "where", "waitingMs"})
    EXPECT_FALSE(json["lockLines"][0].contains(key)) << key;
  EXPECT_EQ(json["threads"][0]["stack"], "none");
  EXPECT_TRUE(json["threads"][0]["frames"].is_array());
}

TEST(Json, DeadOwnersAndCallsWithoutName) {
  ProcessDump dump;
  ThreadDump thread;
  thread.wait = ThreadWait{.kind = WaitKind::mutex, .owner_dead = true};
  thread.syscall = Syscall{.number = 99999};
  dump.threads.push_back(thread);
  const auto json = nlohmann::json::parse(to_json(dump))["threads"][0];
  EXPECT_EQ(json["wait"], nlohmann::json({{"kind", "mutex"}, {"ownerDead", true}}));
  EXPECT_FALSE(json["syscall"].contains("name"));
}

TEST(Json, IsTextWhateverThreadsCallThemselves) {
  ProcessDump dump;
  dump.command = "a\xff\"\\\n\x01";
  const auto json = nlohmann::json::parse(to_json(dump));
  EXPECT_EQ(json["command"], "a\xEF\xBF\xBD\"\\\n\x01");
}

}  // namespace
}  // namespace kvtool::snapshot

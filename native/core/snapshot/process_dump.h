// ProcessDump: what a snapshot says about one process. The C++ twin of src/diagnosis/process-dump.ts; change
// both together. Absent knowledge is absent here too (std::optional, an empty string), never a made-up zero.
#pragma once

#include <sys/types.h>

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kvtool::snapshot {

enum class Runtime : std::uint8_t { native, python, js };

struct Frame {
  std::uint64_t pc = 0;
  std::string function = {};  // demangled; empty when no symbol covers the address
  std::string module = {};    // base name of the mapped file; empty for generated code
  std::string file = {};
  std::optional<int> line = {};    // from 1
  std::optional<int> column = {};  // from 1
  Runtime runtime = Runtime::native;
  std::string tier = {};  // of JavaScript: which of V8's compilers made the code that runs
  bool inlined = false;   // has no machine frame of its own, is part of the next one's
  // The address to look native code up by: of the call, where `pc` is the one after it. Not in the document.
  std::uint64_t lookup = 0;
  bool operator==(const Frame&) const = default;
};

enum class WaitKind : std::uint8_t {
  mutex,
  rwlock_read,
  rwlock_write,
  condvar,
  join,
  semaphore,
  futex,
  sleep,
  poll,
  read,
  child,
  gil,           // CPython's, of the interpreter that the thread runs in
  python_lock,   // a threading.Lock
  python_rlock,  // a threading.RLock
  js_thread,     // room in the queue of a thread-safe function, which only that thread makes
  other,
};

// What a blocked thread waits for.
struct ThreadWait {
  WaitKind kind = WaitKind::other;
  std::optional<std::uint64_t> address = {};  // of the lock itself, not of its futex word
  std::optional<pid_t> owner = {};  // read from the lock and checked to be a live thread of the target
  bool owner_dead = false;          // the lock names a thread that no longer exists
  // Of a condition variable: the mutex that the thread takes again when it is woken, and who has that now.
  std::optional<std::uint64_t> mutex = {};
  std::optional<pid_t> mutex_owner = {};
  std::string name = {};  // of a GIL: `GIL`, or `GIL#2` when it is that of interpreter 2
};

// A lock of a language runtime that a thread has.
struct HeldLock {
  std::string kind;  // `runtime-lock`, `python-lock`, `python-rlock`
  std::uint64_t address = 0;
  std::string name = {};
};

struct Syscall {
  long number = -1;
  std::array<std::uint64_t, 6> args{};
  std::uint64_t sp = 0;
  std::uint64_t pc = 0;
  bool operator==(const Syscall&) const = default;
};

enum class StackState : std::uint8_t { complete, partial, none };

// How a thread was looked at, from the gentlest way on.
enum class Rung : std::uint8_t {
  no_stop,  // while it was blocked, without stopping it
  stopped,  // it ran, and was stopped alone for its registers and its stack
  frozen,   // all threads were stopped together
  core,     // from a core file
};

// How well its frames are known.
enum class Accuracy : std::uint8_t {
  exact,        // by unwind information from known registers
  recovered,    // with a frame pointer found by search: a frame may be missing
  approximate,  // read while it ran, or not certain where a runtime's frames belong between the native ones
};

struct ThreadDump {
  pid_t tid = 0;
  std::string name;
  char state = '?';
  std::optional<std::uint64_t> cpu_us;
  std::optional<Syscall> syscall;
  std::optional<ThreadWait> wait;
  std::vector<HeldLock> holds;
  std::vector<Frame> frames;  // innermost first
  StackState stack = StackState::none;
  std::optional<Rung> rung = {};  // absent without frames, as is `accuracy`
  std::optional<Accuracy> accuracy = {};
  std::uint64_t paused_us = 0;  // how long this dump stopped it
};

// A thread's own account of what it holds and wants, from the flight file.
struct LockLine {
  pid_t tid = 0;
  std::string name;
  std::vector<std::string> holds = {};
  std::string wants = {};
  std::string where = {};
  std::optional<std::uint64_t> waiting_ms = {};
  bool by_model = false;  // what it says of the driver comes from a driver model
};

struct ProcessDump {
  pid_t pid = 0;
  std::string command;
  std::string taken_at;  // ISO 8601, UTC
  std::uint64_t took_us = 0;
  std::uint64_t paused_us = 0;  // the longest time that any thread of it was stopped
  bool refused = false;         // the kernel denied it: here is only what everybody may read
  std::vector<ThreadDump> threads;
  std::vector<LockLine> lock_lines;
  std::vector<std::string> lacks;  // what this dump lacks and why, one sentence each
};

}  // namespace kvtool::snapshot

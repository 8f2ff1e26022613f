// The interpreters of a CPython and their threads.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "core/snapshot/python/objects.h"

namespace kvtool::snapshot::python {

struct PythonThread {
  std::uint64_t state = 0;        // PyThreadState
  std::uint64_t interpreter = 0;  // PyInterpreterState
  std::uint64_t ident = 0;        // what threading.get_ident() gives: pthread_t
  std::optional<pid_t> tid = {};  // ours, when the thread lives
  std::uint64_t exit_lock = 0;    // the lock object that join() waits for; 0 when there is none
};

struct Interpreter {
  std::uint64_t state = 0;
  std::int64_t id = 0;  // 0: the main one
};

struct Interpreters {
  std::vector<Interpreter> all;
  std::vector<PythonThread> threads;  // of each interpreter, the newest first
  bool cut = false;  // there are more than a process can have, or the list changed at every try
};

// Our ID of the thread that the target calls by this ID, if it lives.
using LiveThread = std::function<std::optional<pid_t>(pid_t id)>;

// nullopt when what is at `runtime` is no initialised _PyRuntime of this layout.
std::optional<Interpreters> read_interpreters(const Objects& objects, std::uint64_t runtime,
                                              const LiveThread& live);

}  // namespace kvtool::snapshot::python

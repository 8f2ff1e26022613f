// Actors as processes: an object in memory that forked children share, one child for each actor.
#pragma once

#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstddef>
#include <new>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "core/runtime/invariants.h"

namespace kvtool {

// A T in anonymous memory that children see at the same address.
template <class T>
class InSharedMemory {
 public:
  template <class... Args>
  explicit InSharedMemory(Args&&... args)
      : memory_(mmap(nullptr, sizeof(T), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0)) {
    if (memory_ == MAP_FAILED) throw std::runtime_error("no shared memory");
    object_ = new (memory_) T(std::forward<Args>(args)...);
  }
  InSharedMemory(const InSharedMemory&) = delete;
  InSharedMemory& operator=(const InSharedMemory&) = delete;
  ~InSharedMemory() {
    object_->~T();
    munmap(memory_, sizeof(T));
  }
  T& operator*() { return *object_; }
  T* operator->() { return object_; }

 private:
  void* memory_;
  T* object_;
};

// A child process that runs `body` and ends with 1 when an invariant broke in it, else 0. Whoever is left at
// the end is killed.
class Process {
 public:
  template <class Body>
  explicit Process(Body body) : pid_(fork()) {
    if (pid_ < 0) throw std::runtime_error("no process");
    if (pid_ > 0) return;
    body();
    _exit(take_broken_invariants().empty() ? 0 : 1);
  }
  Process(Process&& other) noexcept : pid_(std::exchange(other.pid_, -1)) {}
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;
  ~Process() { kill_now(); }

  // Waits for its end: the exit status, or -1 when a signal ended it.
  int wait() {
    int status = 0;
    if (pid_ > 0 && waitpid(std::exchange(pid_, -1), &status, 0) > 0 && WIFEXITED(status))
      return WEXITSTATUS(status);
    return -1;
  }
  bool is_running() const { return pid_ > 0 && waitpid(pid_, nullptr, WNOHANG) == 0; }
  void kill_now() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    wait();
  }

 private:
  pid_t pid_;
};

// One process for each actor of `state`.
template <class State>
std::vector<Process> in_processes(State& state, unsigned actors) {
  std::vector<Process> all;
  for (unsigned actor = 0; actor < actors; ++actor) all.emplace_back([&state, actor] { state.run(actor); });
  return all;
}

}  // namespace kvtool

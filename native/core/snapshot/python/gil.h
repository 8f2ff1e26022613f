// The GIL: who holds it, and is a thread waiting for it? Read from memory, so it needs no symbols: the
// waiters of a GIL sleep in the condition variable that is part of it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/snapshot/python/interpreters.h"
#include "core/snapshot/python/objects.h"

namespace kvtool::snapshot::python {

// struct _gil_runtime_state, the same since 3.8.
struct GilState {
  std::int32_t locked = 0;
  std::uint64_t holder = 0;    // the PyThreadState that has it, or was the last to have it
  std::uint64_t switches = 0;  // how often it went from one thread to another
  bool operator==(const GilState&) const = default;
};

struct Gil {
  std::uint64_t address = 0;
  std::string name = {};  // `GIL`; `GIL#2` when it is that of interpreter 2 alone
  GilState state = {};    // when it was first read

  // Is it one of the lock's own words that a thread in futex(address) sleeps on?
  bool has_word(std::uint64_t futex) const;
};

std::optional<GilState> read_gil_state(const Objects& objects, std::uint64_t address);

// All of them: one for the process up to 3.11, after that one for the main interpreter and those that share
// it, and one for every interpreter that has its own. Leaves out those that do not look like one.
std::vector<Gil> find_gils(const Objects& objects, std::uint64_t runtime,
                           const std::vector<Interpreter>& interpreters);

}  // namespace kvtool::snapshot::python

// What the notes of a core file say: the threads with their registers, which files were mapped where, and who
// it was. Pure functions over bytes, none of which trusts them.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/snapshot/proc_files.h"
#include "core/snapshot/registers.h"

namespace kvtool::snapshot {

struct CoreThread {
  pid_t tid = 0;  // as the process saw it
  std::uint64_t cpu_us = 0;
  std::optional<ProcessorState> state;  // absent when it is not one of a 64-bit program of this machine
};

struct CoreNotes {
  pid_t pid = 0;
  std::string command = {};
  // The one that received the fatal signal is first.
  std::vector<CoreThread> threads = {};
  // Parts of files, in address order as the kernel writes them. Not readable nor executable: the notes do not
  // tell.
  std::vector<Mapping> files = {};
  std::uint64_t entry = 0;  // where the program begins; 0 when not told
};

// Reads the bytes of a PT_NOTE segment as far as they make sense.
CoreNotes parse_core_notes(std::span<const std::byte> bytes);

}  // namespace kvtool::snapshot

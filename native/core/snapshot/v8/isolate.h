// Isolates: V8's instances. Each belongs to one thread, the one that runs its JavaScript; a Node process has
// one for its main thread and one for each worker.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <vector>

#include "core/snapshot/address_map.h"
#include "core/snapshot/memory.h"
#include "core/snapshot/unwinder.h"
#include "core/snapshot/v8/engine.h"
#include "core/snapshot/v8/frame_decoder.h"

namespace kvtool::snapshot::v8 {

struct Isolate {
  std::uint64_t address = 0;
  // Frame pointer of the frame by which JavaScript was last left for C++; 0 while none is left.
  std::uint64_t exit_frame = 0;
};

// The isolate of the thread with that thread pointer, if it is the one that the isolate belongs to. V8's
// helper threads borrow isolates.
std::optional<Isolate> isolate_of(const Memory& memory, const AddressMap& map, const Engine& engine,
                                  std::uint64_t thread_pointer, bool main_thread);

// The frames from where JavaScript was left to where it was entered: V8 links them all by frame pointers.
struct Segment {
  std::vector<Step> steps;
  // Where it was entered from.
  WalkStart caller;
  // Frame pointer of the exit frame further out, 0 when there is none.
  std::uint64_t next_exit = 0;
};

// nullopt when that is no chain of frames.
std::optional<Segment> read_segment(const Memory& memory, const FrameDecoder& decoder,
                                    std::uint64_t exit_frame);

}  // namespace kvtool::snapshot::v8

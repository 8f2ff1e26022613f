// LiveReader: JavaScript frames by V8's own data structures.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "core/snapshot/runtime_reader.h"
#include "core/snapshot/v8/engine.h"
#include "core/snapshot/v8/frame_decoder.h"
#include "core/snapshot/v8/isolate.h"
#include "core/snapshot/v8/js_reader.h"
#include "core/snapshot/v8/paged_memory.h"
#include "core/snapshot/v8/queue_waits.h"
#include "core/snapshot/v8/thread_pointers.h"

namespace kvtool::snapshot::v8 {

class LiveReader final : public RuntimeReader {
 public:
  LiveReader(const JsReaderTools& tools, std::unique_ptr<Engine> engine);

  void mend(pid_t tid, const WalkStart& start, Walk& walk, const StackCopy& stack,
            const Deadline& deadline) override;
  void read(ThreadDump& thread, const Walk& walk, const StackCopy& stack) override;
  bool read_running(ThreadDump& thread) override;
  void finish(std::vector<ThreadDump>& threads, Lacks& lacks) override;

 private:
  // What was read before is of another moment.
  void begin(pid_t tid, std::optional<std::uint64_t> thread_pointer);
  bool passes_exit(const Walk& walk) const;
  // From the exit frame of the current isolate to the thread's start.
  Walk walk_from_exit(const StackCopy& stack, const Deadline& deadline);
  // The frames of one step in code that V8 made. False when there are none to be had.
  bool append(const Step& step, std::vector<Frame>& frames);
  void set_holds(ThreadDump& thread);

  JsReaderTools tools_;
  std::unique_ptr<Engine> engine_;
  PagedMemory memory_;
  FrameDecoder decoder_;
  ThreadPointers thread_pointers_;
  QueueWaits queue_waits_;
  std::optional<Isolate> isolate_;  // of the thread that is looked at
  std::map<std::uint64_t, IsolateThread> isolates_;
  std::size_t lost_ = 0;  // frames of JavaScript without a frame pointer
  StackCopy running_stack_;
};

}  // namespace kvtool::snapshot::v8

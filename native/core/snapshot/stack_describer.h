// StackDescriber: from registers and a copied stack to frames with names, the lock that is waited for, and
// what the language runtimes know. Works on copies: the thread may run on meanwhile.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "core/snapshot/deadline.h"
#include "core/snapshot/lacks.h"
#include "core/snapshot/lock_reader.h"
#include "core/snapshot/process_dump.h"
#include "core/snapshot/registers.h"
#include "core/snapshot/runtime_reader.h"
#include "core/snapshot/stack_copy.h"
#include "core/snapshot/symbols.h"
#include "core/snapshot/unwinder.h"

namespace kvtool::snapshot {

using RuntimeReaders = std::vector<std::unique_ptr<RuntimeReader>>;

class StackDescriber {
 public:
  // All must outlive this.
  StackDescriber(Unwinder& unwinder, Symbolizer& symbolizer, const LockReader& locks,
                 const RuntimeReaders& runtimes)
      : unwinder_(unwinder), symbolizer_(symbolizer), locks_(locks), runtimes_(runtimes) {}

  const RuntimeReaders& runtimes() const { return runtimes_; }
  Frame frame(std::uint64_t pc) { return symbolizer_.frame(pc, pc); }

  // Adds frames and locks to a thread without any; `call` only for one that is blocked in it. Puts the walk
  // into `walk`.
  ThreadDump describe(const ThreadDump& thread, const WalkStart& start, const std::optional<Syscall>& call,
                      const StackCopy& stack, const Deadline& deadline, Walk& walk);
  // The same from all registers, and says how good the stack is.
  void describe(ThreadDump& thread, Rung rung, const ProcessorState& state, const StackCopy& stack,
                const Deadline& deadline, Lacks& lacks);
  // Says how good a stack is.
  static void judge(ThreadDump& thread, const Walk& walk, const StackCopy& stack, const Deadline& deadline,
                    Lacks& lacks);

 private:
  std::optional<ThreadWait> read_wait(const ThreadDump& thread, const Syscall& call) const;

  Unwinder& unwinder_;
  Symbolizer& symbolizer_;
  const LockReader& locks_;
  const RuntimeReaders& runtimes_;
};

}  // namespace kvtool::snapshot

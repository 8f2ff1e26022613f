#include "core/snapshot/stack_describer.h"

#include <sys/syscall.h>

#include "core/snapshot/syscall_table.h"

namespace kvtool::snapshot {

ThreadDump StackDescriber::describe(const ThreadDump& thread, const WalkStart& start,
                                    const std::optional<Syscall>& call, const StackCopy& stack,
                                    const Deadline& deadline, Walk& walk) {
  walk = unwinder_.walk(start, stack, deadline);
  for (const auto& runtime : runtimes_) runtime->mend(thread.tid, start, walk, stack, deadline);
  ThreadDump found = thread;
  for (const Step& step : walk.steps) found.frames.push_back(symbolizer_.frame(step.pc, step.lookup()));
  if (call) {
    found.syscall = call;
    found.wait = read_wait(found, *call);
  }
  if (!deadline.passed())
    for (const auto& runtime : runtimes_) runtime->read(found, walk, stack);
  return found;
}

void StackDescriber::describe(ThreadDump& thread, Rung rung, const ProcessorState& state,
                              const StackCopy& stack, const Deadline& deadline, Lacks& lacks) {
  const Registers& registers = state.registers;
  Walk walk;
  thread =
      describe(thread, {.pc = registers.pc, .sp = registers.sp, .fp = registers.fp, .registers = &registers},
               state.blocked_in, stack, deadline, walk);
  thread.rung = rung;
  judge(thread, walk, stack, deadline, lacks);
  if (state.woken && rung != Rung::core) lacks.add(StackLack::woken, thread.tid);
}

void StackDescriber::judge(ThreadDump& thread, const Walk& walk, const StackCopy& stack,
                           const Deadline& deadline, Lacks& lacks) {
  thread.stack = walk.complete ? StackState::complete : StackState::partial;
  thread.accuracy = walk.recovered ? Accuracy::recovered : Accuracy::exact;
  if (walk.complete) {
    if (walk.recovered) lacks.add(StackLack::recovered, thread.tid);
  } else if (walk.cut || stack.cut()) {
    lacks.add(deadline.passed() ? StackLack::no_time : StackLack::too_deep, thread.tid);
  } else {
    lacks.add(StackLack::ended_early, thread.tid);
  }
}

std::optional<ThreadWait> StackDescriber::read_wait(const ThreadDump& thread, const Syscall& call) const {
  const LockHint hint = lock_hint(thread.frames);
  // A wait with a time limit that a signal interrupted goes on as restart_syscall, its arguments still in
  // place.
  const bool restarted = call.number == SYS_restart_syscall && hint != LockHint::none;
  const auto kind = syscall_wait(call.number);
  if (kind && !restarted) return ThreadWait{.kind = *kind};
  return locks_.read(FutexCall(call), hint);
}

}  // namespace kvtool::snapshot

#include "core/snapshot/core_snapshot.h"

#include <algorithm>
#include <string>
#include <utility>

#include "core/snapshot/clock_text.h"
#include "core/snapshot/lacks.h"
#include "core/snapshot/python/python_reader.h"
#include "core/snapshot/source_lines.h"
#include "core/snapshot/stack_describer.h"
#include "core/snapshot/v8/js_reader.h"

namespace kvtool::snapshot {
namespace {

// All threads of a core live for ever.
class CoreThreadIds final : public ThreadIds {
 public:
  explicit CoreThreadIds(const CoreNotes& notes) : notes_(notes) {}
  std::optional<pid_t> live(pid_t id) override {
    const bool known = std::ranges::find(notes_.threads, id, &CoreThread::tid) != notes_.threads.end();
    return known ? std::optional(id) : std::nullopt;
  }

 private:
  const CoreNotes& notes_;
};

void tell_what_is_missing(const CoreFile& core, const Symbolizer& symbolizer, Lacks& lacks) {
  if (core.missing_bytes() > 0)
    lacks.add("The core file is cut: " + std::to_string(core.missing_bytes()) +
              " bytes of memory are missing at its end; raise the limit with: ulimit -c unlimited.");
  if (core.notes().files.empty())
    lacks.add(
        "No names, and stacks of a few frames: this core has no list of the files that were mapped "
        "(NT_FILE), as "
        "of a gdb before 7.8 or a tool that leaves it out; take it with a newer gcore, or let the kernel "
        "write it "
        "(kill -ABRT).");
  for (const std::string& path : core.other_builds())
    lacks.add("No names or frames by " + path +
              ": it is not the build that the process ran; name the folder that has it with --sysroot.");
  for (const std::string& module : symbolizer.unreadable())
    lacks.add(
        "No names for the frames in " + module +
        ": its file could not be opened; name it with --exe, or the folder that has it with --sysroot.");
}

}  // namespace

ProcessDump take_core_snapshot(const CoreOptions& options, std::chrono::milliseconds budget) {
  const Deadline deadline(budget);
  const CoreFile core(options);
  CoreThreadIds ids(core.notes());
  Lacks lacks;
  ProcessDump dump;
  dump.pid = core.pid();
  dump.command = core.notes().command;
  dump.taken_at = utc_text({.tv_sec = core.written_at(), .tv_nsec = 0});

  const LockReader locks(core, [&ids](pid_t id) { return ids.live(id); });
  Unwinder unwinder(core, core.map(), core);
  Symbolizer symbolizer(core, core.map());
  RuntimeReaders runtimes;
  if (auto python = python::find_reader(core, core.map(), core, ids, lacks))
    runtimes.push_back(std::move(python));
  if (auto javascript = v8::find_js_reader({core, core.map(), core, ids, unwinder, symbolizer}, lacks))
    runtimes.push_back(std::move(javascript));
  StackDescriber describer(unwinder, symbolizer, locks, runtimes);
  StackCopy stack;
  for (const CoreThread& thread : core.notes().threads) {
    ThreadDump& shown = dump.threads.emplace_back();
    shown.tid = thread.tid;
    if (thread.tid == core.pid()) shown.name = core.notes().command;
    shown.cpu_us = thread.cpu_us;
    if (!thread.state || !stack.copy(core, core.map(), thread.state->registers.sp)) {
      lacks.add(StackLack::unreadable, thread.tid);
    } else if (deadline.passed()) {
      lacks.add(StackLack::no_time, thread.tid);
    } else {
      describer.describe(shown, Rung::core, *thread.state, stack, deadline, lacks);
    }
  }
  std::ranges::sort(dump.threads, {}, &ThreadDump::tid);
  for (const auto& runtime : runtimes) runtime->finish(dump.threads, lacks);
  if (options.lines) {
    SourceLines lines(core, core.map());
    for (ThreadDump& thread : dump.threads) lines.add_to(thread.frames, deadline);
  }
  tell_what_is_missing(core, symbolizer, lacks);
  dump.lacks = lacks.sentences();
  dump.took_us = deadline.elapsed_us();
  return dump;
}

}  // namespace kvtool::snapshot

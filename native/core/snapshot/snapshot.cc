#include "core/snapshot/snapshot.h"

#include <time.h>

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <memory>
#include <utility>
#include <vector>

#include "core/snapshot/clock_text.h"
#include "core/snapshot/flight_reader.h"
#include "core/snapshot/freeze.h"
#include "core/snapshot/lacks.h"
#include "core/snapshot/overlay_memory.h"
#include "core/snapshot/permission.h"
#include "core/snapshot/python/python_reader.h"
#include "core/snapshot/source_lines.h"
#include "core/snapshot/stack_passes.h"
#include "core/snapshot/thread_reader.h"
#include "core/snapshot/v8/js_reader.h"

namespace kvtool::snapshot {
namespace {

std::uint64_t monotonic_now_ns() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000u + static_cast<std::uint64_t>(now.tv_nsec);
}

std::string utc_now() {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  return utc_text(now);
}

std::vector<ThreadDump> list_threads(const Target& target, Lacks& lacks) {
  auto tids = target.threads(kThreadLimit + 1);
  if (tids.size() > kThreadLimit) {
    tids.resize(kThreadLimit);
    lacks.add("Only the first " + std::to_string(kThreadLimit) +
              " threads are listed: the process has more.");
  }
  std::vector<ThreadDump> threads(tids.size());
  for (std::size_t i = 0; i < tids.size(); ++i) threads[i].tid = tids[i];
  return threads;
}

void read_all_basics(const ThreadReader& reader, std::vector<ThreadDump>& threads) {
  std::erase_if(threads, [&](ThreadDump& thread) { return !reader.read_basics(thread); });
}

void add_flight(const std::string& file, const Target& target, ThreadIds& ids, ProcessDump& dump,
                Lacks& lacks) {
  FlightReading flight = read_flight(file, monotonic_now_ns());
  for (std::string& sentence : flight.lacks) lacks.add(std::move(sentence));
  if (flight.writer == 0) return;
  if (flight.writer != target.pid_in_namespace()) {
    lacks.add("No lock lines from " + file + ": process " + std::to_string(flight.writer) +
              " wrote it, expected " + std::to_string(target.pid_in_namespace()) + ".");
    return;
  }
  // The lines name threads by the IDs that the target sees.
  for (LockLine& line : flight.lines) line.tid = ids.live(line.tid).value_or(line.tid);
  dump.lock_lines = std::move(flight.lines);
}

// Stops all threads, if that is wanted, and lays what was copied over `memory`.
Freeze frozen(const SnapshotOptions& options, const Target& target, const AddressMap& map, const Memory& now,
              const RuntimeReaders& runtimes, OverlayMemory& memory, Lacks& lacks) {
  Freeze freeze(target, map, now);
  if (!options.freeze) return freeze;
  const auto pages_of = [&](pid_t tid) {
    std::vector<std::uint64_t> pages;
    for (const auto& runtime : runtimes) std::ranges::copy(runtime->rehearse(tid), std::back_inserter(pages));
    return pages;
  };
  if (!freeze.run(kThreadLimit, pages_of)) {
    lacks.add(
        "Not frozen: the kernel refused to let the threads be stopped (EPERM), so they were read one after "
        "the "
        "other.");
    return Freeze(target, map, now);
  }
  freeze.lay_over(memory);
  return freeze;
}

// The parts that need permission to read the target.
void read_stacks(const SnapshotOptions& options, const Target& target, ThreadIds& ids,
                 const Deadline& deadline, ProcessDump& dump, Lacks& lacks) {
  const FileText maps = target.process_file("maps");
  const AddressMap map(parse_maps(maps.text));
  const ProcessMemory now(target.anchor());
  OverlayMemory memory(now);
  const LockReader locks(memory, [&ids](pid_t id) { return ids.live(id); });
  Unwinder unwinder(target, map, memory);
  Symbolizer symbolizer(target, map);
  RuntimeReaders runtimes;
  StackDescriber describer(unwinder, symbolizer, locks, runtimes);
  ThreadReader reader({target, map, memory, describer}, now);

  dump.threads = list_threads(target, lacks);
  if (target.stat().kernel_thread) {
    lacks.add("No stacks: this is a kernel thread, it has no memory of its own.");
    return read_all_basics(reader, dump.threads);
  }
  if (target.zombie()) {
    lacks.add("No stacks: the process has ended and waits for its parent to reap it.");
    return read_all_basics(reader, dump.threads);
  }
  if (target.is_32_bit()) {
    lacks.add("No stacks, system calls or locks: this is a 32-bit program; expected a 64-bit one.");
    return read_all_basics(reader, dump.threads);
  }
  if (auto python = python::find_reader(target, map, memory, ids, lacks))
    runtimes.push_back(std::move(python));
  if (auto javascript = v8::find_js_reader({target, map, memory, ids, unwinder, symbolizer}, lacks))
    runtimes.push_back(std::move(javascript));
  const Freeze freeze = frozen(options, target, map, now, runtimes, memory, lacks);
  PassOptions passes{.may_stop = options.may_stop && !options.freeze};
  if (!freeze.threads().empty()) passes.freeze = &freeze;
  if (!StackPasses(reader, passes, deadline, lacks).run(dump.threads)) {
    dump.refused = true;
    lacks.add(explain_refusal(permission_facts(target.status().user.value_or(0))));
    return read_all_basics(reader, dump.threads);
  }
  for (const auto& runtime : runtimes) runtime->finish(dump.threads, lacks);
  if (options.lines) {
    SourceLines lines(target, map);
    for (ThreadDump& thread : dump.threads) lines.add_to(thread.frames, deadline);
  }
  for (const std::string& module : symbolizer.unreadable())
    lacks.add("No names for the frames in " + module + ": its file could not be opened.");
}

}  // namespace

ProcessDump take_snapshot(const SnapshotOptions& options) {
  const Deadline deadline(options.budget);
  const Target target(options.pid);
  LiveThreadIds ids(target);
  Lacks lacks;
  ProcessDump dump;
  dump.pid = target.pid();
  dump.command = target.stat().name;
  dump.taken_at = utc_now();

  read_stacks(options, target, ids, deadline, dump, lacks);
  if (dump.threads.empty())
    throw TargetError("found that process " + std::to_string(target.pid()) +
                      " ended meanwhile; expected it to live; nothing is left to look at");
  if (options.flight_file) add_flight(*options.flight_file, target, ids, dump, lacks);

  for (const ThreadDump& thread : dump.threads) dump.paused_us = std::max(dump.paused_us, thread.paused_us);
  dump.lacks = lacks.sentences();
  dump.took_us = deadline.elapsed_us();
  return dump;
}

}  // namespace kvtool::snapshot

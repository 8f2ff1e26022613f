#include "core/snapshot/snapshot.h"

#include <time.h>

#include <array>
#include <cstdint>
#include <cstdio>
#include <iterator>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

#include "core/snapshot/flight_reader.h"
#include "core/snapshot/lacks.h"
#include "core/snapshot/permission.h"
#include "core/snapshot/thread_reader.h"

namespace kvtool::snapshot {
namespace {

// A thread that waits for CPython's GIL wakes every 5 ms for some 10 us, and one that runs may block soon:
// come back to it a few times.
constexpr int kPasses = 5;
constexpr std::chrono::milliseconds kBetweenPasses{1};

std::uint64_t monotonic_now_ns() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000u + static_cast<std::uint64_t>(now.tv_nsec);
}

std::string utc_now() {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  tm calendar{};
  gmtime_r(&now.tv_sec, &calendar);
  std::array<char, 32> date;
  std::strftime(date.data(), date.size(), "%Y-%m-%dT%H:%M:%S", &calendar);
  std::array<char, 48> text;
  std::snprintf(text.data(), text.size(), "%s.%03ldZ", date.data(), now.tv_nsec / 1'000'000);
  return text.data();
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

// Reads all threads, coming back to those that ran or moved.
class StackPasses {
 public:
  StackPasses(ThreadReader& reader, const Deadline& deadline, Lacks& lacks)
      : reader_(reader), deadline_(deadline), lacks_(lacks) {}

  // False when the kernel refuses: then it refuses for all of them.
  bool run(std::vector<ThreadDump>& threads) {
    std::vector<Pending> pending;
    for (std::size_t i = 0; i < threads.size(); ++i) pending.push_back({.index = i});
    for (int pass = 0; pass < kPasses && !pending.empty(); ++pass) {
      if (pass > 0) std::this_thread::sleep_for(kBetweenPasses);
      if (!run_once(threads, pending)) return false;
    }
    for (const Pending& left : pending) {
      ThreadDump& thread = threads[left.index];
      const bool has_frames = left.why == StackLack::running && reader_.read_running(thread, deadline_);
      lacks_.add(has_frames ? StackLack::only_runtime : left.why, thread.tid);
    }
    std::erase_if(threads, [](const ThreadDump& thread) { return thread.tid == 0; });
    return true;
  }

 private:
  struct Pending {
    std::size_t index;
    StackLack why = StackLack::running;  // at the last look
    bool ran = false;                    // at any look
  };

  bool run_once(std::vector<ThreadDump>& threads, std::vector<Pending>& pending) {
    std::vector<Pending> again;
    for (const Pending& item : pending) {
      ThreadDump& thread = threads[item.index];
      if (!reader_.read_basics(thread)) {
        thread.tid = 0;  // gone; taken out at the end, for the indices of the others must stay
        continue;
      }
      if (deadline_.passed()) {
        lacks_.add(StackLack::no_time, thread.tid);
        continue;
      }
      if (has_ended(thread.state)) {
        lacks_.add(StackLack::ended, thread.tid);
        continue;
      }
      switch (reader_.read_stack(thread, deadline_, lacks_)) {
        case ThreadOutcome::done:
          // Who waits for a GIL wakes up every few milliseconds to ask for it again.
          if (item.ran && !(thread.wait && thread.wait->kind == WaitKind::gil))
            lacks_.add(StackLack::ran_first, thread.tid);
          break;
        case ThreadOutcome::gone:
          thread.tid = 0;
          break;
        case ThreadOutcome::running:
          again.push_back({.index = item.index, .why = StackLack::running, .ran = true});
          break;
        case ThreadOutcome::moving:
          again.push_back({.index = item.index, .why = StackLack::moving, .ran = item.ran});
          break;
        case ThreadOutcome::no_stack:
          lacks_.add(StackLack::unreadable, thread.tid);
          break;
        case ThreadOutcome::refused:
          return false;
      }
    }
    pending = std::move(again);
    return true;
  }

  ThreadReader& reader_;
  const Deadline& deadline_;
  Lacks& lacks_;
};

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

// The parts that need permission to read the target.
void read_stacks(const Target& target, ThreadIds& ids, const Deadline& deadline, ProcessDump& dump,
                 Lacks& lacks) {
  const FileText maps = target.process_file("maps");
  const AddressMap map(parse_maps(maps.text));
  const ProcessMemory memory(target.anchor());
  const LockReader locks(memory, [&ids](pid_t id) { return ids.live(id); });
  Unwinder unwinder(target, map, memory);
  Symbolizer symbolizer(target, map);
  std::vector<std::unique_ptr<RuntimeReader>> runtimes;
  ThreadReader reader({target, map, memory, unwinder, symbolizer, locks, runtimes});

  dump.threads = list_threads(target, lacks);
  if (target.stat().kernel_thread) {
    lacks.add("No stacks: this is a kernel thread, it has no memory of its own.");
    return read_all_basics(reader, dump.threads);
  }
  if (target.zombie()) {
    lacks.add("No stacks: the process has ended and waits for its parent to reap it.");
    return read_all_basics(reader, dump.threads);
  }
  if (!StackPasses(reader, deadline, lacks).run(dump.threads)) {
    lacks.add(explain_refusal(permission_facts(target.status().user.value_or(0))));
    return read_all_basics(reader, dump.threads);
  }
  for (const auto& runtime : runtimes) runtime->finish(dump.threads, lacks);
  for (const std::string& module : symbolizer.unreadable())
    lacks.add("No names for the frames in " + module + ": its file could not be opened.");
}

}  // namespace

ProcessDump take_snapshot(const SnapshotOptions& options) {
  const auto began = std::chrono::steady_clock::now();
  const Deadline deadline(options.budget);
  const Target target(options.pid);
  ThreadIds ids(target);
  Lacks lacks;
  ProcessDump dump;
  dump.pid = target.pid();
  dump.command = target.stat().name;
  dump.taken_at = utc_now();

  read_stacks(target, ids, deadline, dump, lacks);
  if (dump.threads.empty())
    throw TargetError("found that process " + std::to_string(target.pid()) +
                      " ended meanwhile; expected it to live; nothing is left to look at");
  if (options.flight_file) add_flight(*options.flight_file, target, ids, dump, lacks);

  dump.lacks = lacks.sentences();
  dump.took_us = static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - began)
          .count());
  return dump;
}

}  // namespace kvtool::snapshot

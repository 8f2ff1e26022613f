#include "core/snapshot/python/python_reader.h"

#include <sys/syscall.h>

#include <algorithm>
#include <iterator>
#include <limits>
#include <map>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>

#include "core/snapshot/python/code_cache.h"
#include "core/snapshot/python/gil.h"
#include "core/snapshot/python/interpreters.h"
#include "core/snapshot/python/lock_waits.h"
#include "core/snapshot/python/locks.h"
#include "core/snapshot/python/merge.h"
#include "core/snapshot/python/objects.h"
#include "core/snapshot/python/paged_memory.h"
#include "core/snapshot/python/runtime_finder.h"
#include "core/snapshot/python/stack_reader.h"

namespace kvtool::snapshot::python {
namespace {

constexpr int kRehearsals = 5;

// Where on the stack the address of the frame is found first: the deeper the call, the lower.
std::uint64_t first_place(const StackCopy& stack, std::uint64_t frame) {
  for (std::uint64_t at = stack.start(); at < stack.end(); at += sizeof frame)
    if (stack.word(at) == frame) return at;
  return std::numeric_limits<std::uint64_t>::max();
}

// The runs of all of a thread's stacks (it has one per interpreter that it is in), innermost first.
std::vector<Run> in_order(std::vector<PythonStack> stacks, const StackCopy& stack) {
  std::ranges::stable_sort(stacks, {}, [&](const PythonStack& of_interpreter) -> std::uint64_t {
    if (of_interpreter.runs.empty()) return 0;
    const Run& innermost = of_interpreter.runs.front();
    if (innermost.stack_address != 0) return innermost.stack_address;
    return first_place(stack, innermost.frames.front().address);
  });
  std::vector<Run> runs;
  for (PythonStack& of_interpreter : stacks) std::ranges::move(of_interpreter.runs, std::back_inserter(runs));
  // Interpreters may call each other in turns.
  if (std::ranges::none_of(runs, [](const Run& run) { return run.stack_address == 0; }))
    std::ranges::stable_sort(runs, {}, &Run::stack_address);
  return runs;
}

bool is_condition_wait(const ThreadDump& thread) {
  const auto innermost = std::ranges::find(thread.frames, Runtime::python, &Frame::runtime);
  if (innermost == thread.frames.end() || !innermost->file.ends_with("threading.py")) return false;
  return innermost->function == "Condition.wait" || innermost->function == "wait";
}

class PythonReader final : public RuntimeReader {
 public:
  PythonReader(const ProcessView& target, const Memory& memory, PythonRuntime runtime)
      : target_(target),
        runtime_(std::move(runtime)),
        pages_(memory),
        objects_(pages_, *runtime_.layout),
        codes_(objects_) {}

  // False when this is no interpreter that runs.
  bool begin(ThreadIds& ids, Lacks& lacks);

  std::vector<std::uint64_t> rehearse(pid_t tid) override;
  void read(ThreadDump& thread, const Walk& walk, const StackCopy& stack) override;
  bool read_running(ThreadDump& thread) override;
  void finish(std::vector<ThreadDump>& threads, Lacks& lacks) override;

 private:
  // The stacks of a thread in all interpreters; nullopt when they changed under the reading.
  std::optional<std::vector<PythonStack>> read_stacks(pid_t tid);
  std::vector<NamedRun> name(const std::vector<Run>& runs);
  bool is_of_one_moment(pid_t tid, const StackCopy& stack) const;
  void note_locks(pid_t tid, const std::vector<PythonStack>& stacks);
  void note_gil(ThreadDump& thread) const;

  void look_again_at_owners();
  void finish_locks(std::vector<ThreadDump>& threads, Lacks& lacks);
  void finish_gil(const Gil& gil, std::vector<ThreadDump>& threads, Lacks& lacks);

  const ProcessView& target_;
  PythonRuntime runtime_;
  PagedMemory pages_;
  Objects objects_;
  CodeCache codes_;
  Interpreters interpreters_;
  std::unordered_multimap<pid_t, std::uint64_t> states_;  // by thread
  std::vector<Gil> gils_;
  SightingsByThread sightings_;
  // Of threads that are stopped: the pages that are copied then.
  std::map<pid_t, std::set<std::uint64_t>> rehearsed_;
  std::set<pid_t> approximate_;
  std::set<pid_t> cut_;
};

// What can be done where this reader is of no use.
constexpr const char* kInstead =
    ". The native frames are all there; for the Python ones give the text of py-spy or faulthandler to "
    "kvtool "
    "explain.";

bool PythonReader::begin(ThreadIds& ids, Lacks& lacks) {
  if (objects_.word(runtime_.address + runtime_.layout->runtime.interpreters).value_or(0) == 0) return false;
  auto found = read_interpreters(objects_, runtime_.address, [&ids](pid_t id) { return ids.live(id); });
  if (!found) {
    lacks.add("No Python frames: found CPython " + runtime_.version + " in " + runtime_.module +
              ", but its state is not laid out as this version's; expected an official release" + kInstead);
    return false;
  }
  interpreters_ = std::move(*found);
  for (const PythonThread& thread : interpreters_.threads)
    if (thread.tid) states_.emplace(*thread.tid, thread.state);
  if (interpreters_.cut)
    lacks.add("Python frames of some threads may be missing: the list of threads changed while it was read.");
  if (runtime_.free_threaded) {
    lacks.add(
        "This is a free-threaded CPython " + runtime_.version +
        ": it has no GIL, its own locks are not read, and its frames are read where its debug offsets say "
        "and were not compared with a running one. Mutexes of the C library are read as ever.");
    return true;
  }
  gils_ = find_gils(objects_, runtime_.address, interpreters_.all);
  if (gils_.empty())
    lacks.add("Nothing about the GIL: it is not where CPython " + runtime_.version + " has it.");
  return true;
}

void PythonReader::read(ThreadDump& thread, const Walk& walk, const StackCopy& stack) {
  note_gil(thread);
  sightings_.erase(thread.tid);
  approximate_.erase(thread.tid);
  auto stacks = read_stacks(thread.tid);
  if (!stacks) {
    // It runs, and was elsewhere in the stop than before.
    approximate_.insert(thread.tid);
    cut_.insert(thread.tid);
  }
  if (!stacks || stacks->empty()) return;
  if (!is_of_one_moment(thread.tid, stack)) approximate_.insert(thread.tid);
  note_locks(thread.tid, *stacks);
  if (!merge(thread.frames, name(in_order(std::move(*stacks), stack)), walk, stack))
    approximate_.insert(thread.tid);
}

std::vector<std::uint64_t> PythonReader::rehearse(pid_t tid) {
  std::set<std::uint64_t>& pages = rehearsed_[tid];
  pages.clear();
  const auto [first, last] = states_.equal_range(tid);
  // Code objects do not change, and after the first time they are known. The frames of a thread that calls
  // and returns all the time are now on this page, now on that one.
  for (int i = 0; i < kRehearsals; ++i) {
    pages_.forget();
    for (auto state = first; state != last; ++state) read_stack(objects_, codes_, state->second);
    if (i > 0) pages.merge(pages_.known());
  }
  return {pages.begin(), pages.end()};
}

// Was all that was read of a thread copied while it stood still?
bool PythonReader::is_of_one_moment(pid_t tid, const StackCopy& stack) const {
  const auto rehearsed = rehearsed_.find(tid);
  if (rehearsed == rehearsed_.end()) return true;
  return std::ranges::all_of(pages_.known(), [&](std::uint64_t page) {
    return rehearsed->second.contains(page) ||
           (page + PagedMemory::kPage > stack.start() && page < stack.end());
  });
}

bool PythonReader::read_running(ThreadDump& thread) {
  auto stacks = read_stacks(thread.tid);
  if (!stacks) return false;
  note_locks(thread.tid, *stacks);
  std::vector<Frame> frames;
  for (NamedRun& run : name(in_order(std::move(*stacks), StackCopy())))
    std::ranges::move(run.frames, std::back_inserter(frames));
  if (frames.empty()) return false;
  thread.frames = std::move(frames);
  thread.stack = StackState::partial;
  return true;
}

std::optional<std::vector<PythonStack>> PythonReader::read_stacks(pid_t tid) {
  const auto read_once = [&] {
    pages_.forget();
    std::vector<PythonStack> stacks;
    const auto [first, last] = states_.equal_range(tid);
    for (auto state = first; state != last; ++state)
      stacks.push_back(read_stack(objects_, codes_, state->second));
    return stacks;
  };
  auto stacks = read_once();
  if (stacks.empty()) return stacks;
  if (read_once() != stacks) return std::nullopt;
  cut_.erase(tid);
  if (std::ranges::any_of(stacks, &PythonStack::cut)) cut_.insert(tid);
  return stacks;
}

std::vector<NamedRun> PythonReader::name(const std::vector<Run>& runs) {
  std::vector<NamedRun> named;
  for (const Run& run : runs) {
    NamedRun& next = named.emplace_back(NamedRun{.stack_address = run.stack_address, .frames = {}});
    for (const PythonFrame& frame : run.frames)
      next.frames.push_back(codes_.frame(frame.code, frame.instruction));
  }
  return named;
}

void PythonReader::note_locks(pid_t tid, const std::vector<PythonStack>& stacks) {
  if (runtime_.free_threaded) return;
  LockSightings& sightings = sightings_[tid] = {};
  for (const PythonStack& stack : stacks) find_locks(objects_, codes_, stack, sightings);
}

void PythonReader::note_gil(ThreadDump& thread) const {
  if (!thread.syscall || thread.syscall->number != SYS_futex) return;
  for (const Gil& gil : gils_)
    if (gil.has_word(thread.syscall->args[0]))
      thread.wait = {.kind = WaitKind::gil, .address = gil.address, .name = gil.name};
}

void PythonReader::finish(std::vector<ThreadDump>& threads, Lacks& lacks) {
  look_again_at_owners();
  pages_.forget();
  finish_locks(threads, lacks);
  pages_.forget();
  for (const Gil& gil : gils_) finish_gil(gil, threads, lacks);
  for (ThreadDump& thread : threads)
    if (approximate_.contains(thread.tid)) thread.accuracy = Accuracy::approximate;
  for (const pid_t tid : approximate_) lacks.add(StackLack::approximate, tid);
  for (const pid_t tid : cut_) lacks.add(StackLack::runtime_cut, tid);
}

// Threads are read one after the other: who was inside a `with` then may have left it since.
void PythonReader::look_again_at_owners() {
  for (auto& [tid, sightings] : sightings_) {
    if (sightings.inside.empty()) continue;
    const auto stacks = read_stacks(tid);
    LockSightings now;
    if (stacks)
      for (const PythonStack& stack : *stacks) find_locks(objects_, codes_, stack, now);
    std::erase_if(sightings.inside, [&](std::uint64_t lock) {
      return std::ranges::find(now.inside, lock) == now.inside.end();
    });
  }
}

void PythonReader::finish_locks(std::vector<ThreadDump>& threads, Lacks& lacks) {
  const LockWaits waits(objects_, interpreters_, sightings_);
  const auto held = waits.held();
  std::vector<pid_t> without_owner;
  for (ThreadDump& thread : threads) {
    if (const auto locks = held.find(thread.tid); locks != held.end())
      std::ranges::copy(locks->second, std::back_inserter(thread.holds));
    if (!sightings_.contains(thread.tid) || !thread.syscall || thread.syscall->number != SYS_futex) continue;
    if (thread.wait && thread.wait->kind == WaitKind::gil) continue;
    auto wait = waits.wait_on(thread.syscall->args[0]);
    if (!wait || !target_.is_in(thread.tid, *thread.syscall)) continue;
    if (wait->kind == WaitKind::python_lock && is_condition_wait(thread))
      // A private lock of the waiter, which whoever notifies it releases.
      wait = ThreadWait{.kind = WaitKind::condvar, .address = wait->address};
    if (wait->kind == WaitKind::python_lock && !wait->owner) without_owner.push_back(thread.tid);
    thread.wait = std::move(*wait);
  }
  for (const pid_t tid : without_owner) lacks.add(StackLack::lock_owner, tid);
}

void PythonReader::finish_gil(const Gil& gil, std::vector<ThreadDump>& threads, Lacks& lacks) {
  const auto now = read_gil_state(objects_, gil.address);
  const bool stayed = now == gil.state;
  const bool wanted = std::ranges::any_of(threads, [&](const ThreadDump& thread) {
    return thread.wait && thread.wait->kind == WaitKind::gil && thread.wait->address == gil.address;
  });
  if (!stayed) {
    if (wanted) lacks.add("Who holds the " + gil.name + ": it changed hands while the dump was taken.");
    return;
  }
  if (gil.state.locked != 1) return;
  const auto holder = std::ranges::find(interpreters_.threads, gil.state.holder, &PythonThread::state);
  if (holder == interpreters_.threads.end()) return;
  for (ThreadDump& thread : threads) {
    if (holder->tid == thread.tid)
      thread.holds.push_back({.kind = "runtime-lock", .address = gil.address, .name = gil.name});
    if (!thread.wait || thread.wait->kind != WaitKind::gil || thread.wait->address != gil.address) continue;
    // It may have got it after it was looked at.
    if (holder->tid != thread.tid) thread.wait->owner = holder->tid;
    thread.wait->owner_dead = !holder->tid;
  }
}

}  // namespace

std::unique_ptr<RuntimeReader> find_reader(const ProcessView& target, const AddressMap& map,
                                           const Memory& memory, ThreadIds& ids, Lacks& lacks) {
  auto runtime = find_runtime(target, map, memory);
  if (!runtime) return nullptr;
  if (!runtime->layout) {
    const std::string version = runtime->version.empty() ? "of unknown version" : runtime->version;
    lacks.add("No Python frames: found CPython " + version + " in " + runtime->module + "; expected 3." +
              std::to_string(kFirstMinor) + " to 3." + std::to_string(kLastMinor) + kInstead);
    return nullptr;
  }
  auto reader = std::make_unique<PythonReader>(target, memory, std::move(*runtime));
  if (!reader->begin(ids, lacks)) return nullptr;
  return reader;
}

}  // namespace kvtool::snapshot::python

#include "core/snapshot/v8/live_reader.h"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>

namespace kvtool::snapshot::v8 {
namespace {

// Of one thread, 32 MiB. A deep stack of a big program takes some 500.
constexpr std::size_t kPageLimit = 8192;
// For a look at a thread that runs: it is in the way of nobody, but what it says gets old.
constexpr std::chrono::milliseconds kRunningBudget{20};

constexpr std::string_view kBuiltinPrefix = "Builtins_";

}  // namespace

LiveReader::LiveReader(const JsReaderTools& tools, std::unique_ptr<Engine> engine)
    : tools_(tools),
      engine_(std::move(engine)),
      memory_(tools.memory, kPageLimit),
      decoder_(memory_, *engine_, tools.map),
      thread_pointers_(
          tools.memory, tools.map, [&ids = tools.ids](pid_t id) { return ids.live(id); }, tools.target.pid()),
      queue_waits_(memory_) {}

void LiveReader::begin(pid_t tid, std::optional<std::uint64_t> thread_pointer) {
  memory_.forget();
  decoder_.forget();
  isolate_.reset();
  if (thread_pointer)
    isolate_ = isolate_of(memory_, tools_.map, *engine_, *thread_pointer, tid == tools_.target.pid());
}

void LiveReader::mend(pid_t tid, const WalkStart& start, Walk& walk, const StackCopy& stack,
                      const Deadline& deadline) {
  begin(tid, thread_pointers_.find(tid, start.sp));
  if (!isolate_ || isolate_->exit_frame == 0 || walk.cut || passes_exit(walk)) return;
  WalkStart known = start;
  known.through = isolate_->exit_frame;
  Walk again = tools_.unwinder.walk(known, stack, deadline);
  if (passes_exit(again)) {
    walk = std::move(again);
    return;
  }
  // Some library in between cannot be unwound. Its frames are lost, those further out are not.
  const auto first_of_v8 = std::ranges::find_if(
      again.steps, [&](const Step& step) { return engine_->origin(step.lookup()) != CodeOrigin::elsewhere; });
  const auto kept =
      std::min<std::ptrdiff_t>(first_of_v8 - again.steps.begin(), static_cast<std::ptrdiff_t>(again.certain));
  Walk rest = walk_from_exit(stack, deadline);
  if (rest.steps.empty()) return;
  again.steps.erase(again.steps.begin() + kept, again.steps.end());
  std::ranges::move(rest.steps, std::back_inserter(again.steps));
  again.complete = rest.complete;
  again.cut = rest.cut;
  again.recovered = true;
  walk = std::move(again);
}

bool LiveReader::passes_exit(const Walk& walk) const {
  return std::ranges::any_of(walk.steps, [&](const Step& step) { return step.fp == isolate_->exit_frame; });
}

Walk LiveReader::walk_from_exit(const StackCopy& stack, const Deadline& deadline) {
  Walk result;
  std::uint64_t exit = isolate_->exit_frame;
  while (exit != 0 && result.steps.size() < kFrameLimit) {
    const auto segment = read_segment(memory_, decoder_, exit);
    if (!segment) break;
    std::ranges::copy(segment->steps, std::back_inserter(result.steps));
    Walk outer = tools_.unwinder.walk(segment->caller, stack, deadline);
    std::ranges::copy(outer.steps, std::back_inserter(result.steps));
    result.complete = outer.complete;
    result.cut = outer.cut;
    // Each exit frame is further out than the one before.
    if (outer.complete || outer.cut || segment->next_exit <= exit) break;
    exit = segment->next_exit;
  }
  result.recovered = true;
  return result;
}

bool LiveReader::append(const Step& step, std::vector<Frame>& frames) {
  if (engine_->origin(step.lookup()) == CodeOrigin::elsewhere) return false;
  if (!step.fp) {
    ++lost_;
    return false;
  }
  auto found = decoder_.functions({.pc = step.pc, .lookup = step.lookup(), .fp = *step.fp});
  if (found.empty()) return false;
  // Builtins that no program can get hold of have no name but that of their code.
  Frame& machine_frame = found.back();
  if (machine_frame.tier == kBuiltinTier && machine_frame.function == kAnonymous) {
    const Frame native = tools_.symbolizer.frame(step.pc, step.lookup());
    if (native.function.starts_with(kBuiltinPrefix))
      machine_frame.function = native.function.substr(kBuiltinPrefix.size());
  }
  std::ranges::move(found, std::back_inserter(frames));
  return true;
}

void LiveReader::read(ThreadDump& thread, const Walk& walk, const StackCopy&) {
  set_holds(thread);
  std::vector<Frame> merged;
  auto step = walk.steps.begin();
  for (Frame& frame : thread.frames) {
    // Another runtime's reader may have put frames of its own between.
    const auto own = std::find_if(step, walk.steps.end(), [&](const Step& s) { return s.pc == frame.pc; });
    if (frame.runtime == Runtime::native && own != walk.steps.end()) {
      step = own + 1;
      if (append(*own, merged)) continue;
    }
    merged.push_back(std::move(frame));
  }
  thread.frames = std::move(merged);
  queue_waits_.look_at(thread);
}

void LiveReader::set_holds(ThreadDump& thread) {
  if (!isolate_) return;
  // There is one main thread, and any number of workers.
  std::string name = "JS thread";
  if (thread.tid != tools_.target.pid()) name.append("#").append(std::to_string(thread.tid));
  isolates_[isolate_->address] = {.tid = thread.tid, .name = name};
  thread.holds.push_back({.kind = "runtime-lock", .address = isolate_->address, .name = std::move(name)});
}

// While C++ runs that JavaScript called, the JavaScript frames below it stand still. Reading them twice shows
// whether they did.
bool LiveReader::read_running(ThreadDump& thread) {
  const Deadline deadline(kRunningBudget);
  const auto look = [&] {
    std::vector<Frame> frames;
    begin(thread.tid, thread_pointers_.find(thread.tid));
    if (!isolate_ || isolate_->exit_frame == 0) return frames;
    if (!running_stack_.copy(tools_.memory, tools_.map, isolate_->exit_frame)) return frames;
    for (const Step& step : walk_from_exit(running_stack_, deadline).steps)
      if (!append(step, frames)) frames.push_back(tools_.symbolizer.frame(step.pc, step.lookup()));
    return frames;
  };
  const std::vector<Frame> first = look();
  const bool had_isolate = isolate_.has_value();
  std::vector<Frame> second = look();
  if (had_isolate && isolate_) set_holds(thread);
  if (first.empty() || first != second) return false;
  thread.frames = std::move(second);
  thread.stack = StackState::partial;
  return true;
}

void LiveReader::finish(std::vector<ThreadDump>& threads, Lacks& lacks) {
  queue_waits_.resolve(threads, isolates_);
  if (lost_ > 0)
    lacks.add(std::to_string(lost_) +
              " frames of JavaScript have no names: their frame pointers are not known.");
}

}  // namespace kvtool::snapshot::v8

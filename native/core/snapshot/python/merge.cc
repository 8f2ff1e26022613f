#include "core/snapshot/python/merge.h"

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <optional>
#include <utility>

namespace kvtool::snapshot::python {
namespace {

// The index of the native frame that each run goes before; as many as the native frames for one that goes to
// the end.
using Places = std::vector<std::size_t>;

// Where on the stack each frame's return address is: the end of that frame. Ends where the search finds
// nothing.
std::vector<std::uint64_t> ends_of_frames(const Walk& walk, const StackCopy& stack) {
  constexpr std::uint64_t kWord = 8;
  std::vector<std::uint64_t> ends;
  std::uint64_t at = stack.start();
  for (std::size_t i = 1; i < walk.steps.size(); ++i) {
    while (at < stack.end() && stack.word(at) != walk.steps[i].pc) at += kWord;
    if (at >= stack.end()) break;
    ends.push_back(at);
    at += kWord;
  }
  return ends;
}

std::optional<Places> places_by_address(const std::vector<Frame>& frames, const std::vector<NamedRun>& runs,
                                        const Walk& walk, const StackCopy& stack) {
  // Another reader has added frames: the places on the stack are no longer those of the frames.
  if (frames.size() != walk.steps.size()) return std::nullopt;
  const std::vector<std::uint64_t> ends = ends_of_frames(walk, stack);
  Places places;
  for (const NamedRun& run : runs) {
    if (run.stack_address < stack.start()) return std::nullopt;
    const auto end = std::ranges::upper_bound(ends, run.stack_address);
    const auto index = static_cast<std::size_t>(end - ends.begin());
    if (end == ends.end()) {
      // The outermost function of a thread runs no Python; an incomplete walk says nothing of what follows.
      if (walk.complete) return std::nullopt;
      places.push_back(frames.size());
      continue;
    }
    // An old copy of a return address on the stack can lead the search astray; a name then contradicts it.
    if (!frames[index].function.empty() && !runs_python(frames[index].function)) return std::nullopt;
    if (!places.empty() && places.back() == index) return std::nullopt;
    places.push_back(index);
  }
  return places;
}

// What is left out by the names goes to the end. `certain` when there is one call for every run.
Places places_by_name(const std::vector<Frame>& frames, const std::vector<NamedRun>& runs, bool& certain) {
  Places calls;
  for (std::size_t i = 0; i < frames.size(); ++i)
    if (runs_python(frames[i].function)) calls.push_back(i);
  certain = calls.size() == runs.size();
  calls.resize(runs.size(), frames.size());
  return calls;
}

}  // namespace

bool runs_python(std::string_view function) { return function.starts_with("_PyEval_EvalFrameDefault"); }

bool merge(std::vector<Frame>& frames, std::vector<NamedRun> runs, const Walk& walk, const StackCopy& stack) {
  if (runs.empty()) return true;
  bool certain = true;
  auto places = places_by_address(frames, runs, walk, stack);
  if (!places) places = places_by_name(frames, runs, certain);

  std::vector<Frame> merged;
  std::size_t run = 0;
  for (std::size_t i = 0; i <= frames.size(); ++i) {
    for (; run < runs.size() && (*places)[run] == i; ++run)
      std::ranges::move(runs[run].frames, std::back_inserter(merged));
    if (i < frames.size()) merged.push_back(std::move(frames[i]));
  }
  frames = std::move(merged);
  return certain;
}

}  // namespace kvtool::snapshot::python

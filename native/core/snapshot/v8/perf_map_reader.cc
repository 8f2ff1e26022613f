#include "core/snapshot/v8/perf_map_reader.h"

#include <unistd.h>

#include <algorithm>
#include <string>
#include <utility>

namespace kvtool::snapshot::v8 {
namespace {

// A long-running server writes some 100 MB; the newest entries, which count, are at the end.
constexpr off_t kFileLimit = off_t{64} << 20;

}  // namespace

PerfMap read_perf_map(const ProcessView& target) {
  // The program names it by the process ID that it knows itself by, and finds /tmp by its own root folder.
  const Mapping file{.path = "/tmp/perf-" + std::to_string(target.pid_in_namespace()) + ".map"};
  const UniqueFd opened = target.open_mapped(file);
  if (!opened) return PerfMap({});
  const off_t size = lseek(opened.get(), 0, SEEK_END);
  off_t at = std::max<off_t>(0, size - kFileLimit);
  std::string text(static_cast<std::size_t>(std::max<off_t>(0, size - at)), '\0');
  std::size_t used = 0;
  while (used < text.size()) {
    const ssize_t bytes = pread(opened.get(), text.data() + used, text.size() - used, at);
    if (bytes <= 0) break;
    used += static_cast<std::size_t>(bytes);
    at += bytes;
  }
  text.resize(used);
  return PerfMap(std::move(text));
}

void PerfMapReader::read(ThreadDump& thread, const Walk& walk, const StackCopy&) {
  auto step = walk.steps.begin();
  for (Frame& frame : thread.frames) {
    const auto own = std::find_if(step, walk.steps.end(), [&](const Step& s) { return s.pc == frame.pc; });
    if (own == walk.steps.end()) continue;
    step = own + 1;
    // V8's own copies of builtins are in its file's name; what the map says of them is better.
    if (frame.runtime != Runtime::native) continue;
    if (const auto name = map_.find(own->lookup())) name_frame(*name, frame);
  }
}

}  // namespace kvtool::snapshot::v8

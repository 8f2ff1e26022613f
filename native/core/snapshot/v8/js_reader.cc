#include "core/snapshot/v8/js_reader.h"

#include <utility>

#include "core/snapshot/v8/engine.h"
#include "core/snapshot/v8/live_reader.h"
#include "core/snapshot/v8/perf_map_reader.h"

namespace kvtool::snapshot::v8 {

std::unique_ptr<RuntimeReader> find_js_reader(const JsReaderTools& tools, Lacks& lacks) {
  EngineSearch search = find_engine(tools.target, tools.map, tools.memory);
  if (search.engine != nullptr) return std::make_unique<LiveReader>(tools, std::move(search.engine));
  if (search.lack.empty()) return nullptr;
  PerfMap map = read_perf_map(tools.target);
  if (map.empty()) {
    lacks.add("No JavaScript frames: " + search.lack +
              "; start it with --perf-basic-prof --interpreted-frames-native-stack to have them named.");
    return nullptr;
  }
  lacks.add(
      "JavaScript frames are named by the process's perf map, with the lines that functions begin in: " +
      search.lack + ".");
  return std::make_unique<PerfMapReader>(std::move(map));
}

}  // namespace kvtool::snapshot::v8

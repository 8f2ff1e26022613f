#include "core/snapshot/v8/js_reader.h"

#include <utility>

#include "core/snapshot/v8/engine.h"
#include "core/snapshot/v8/live_reader.h"

namespace kvtool::snapshot::v8 {

std::unique_ptr<RuntimeReader> find_js_reader(const JsReaderTools& tools, Lacks& lacks) {
  EngineSearch search = find_engine(tools.target, tools.map, tools.memory);
  if (search.engine != nullptr) return std::make_unique<LiveReader>(tools, std::move(search.engine));
  if (!search.lack.empty()) lacks.add("No JavaScript frames: " + search.lack + ".");
  return nullptr;
}

}  // namespace kvtool::snapshot::v8

// JsReader: JavaScript frames of a Node.js process, and which threads run JavaScript.
#pragma once

#include <memory>

#include "core/snapshot/address_map.h"
#include "core/snapshot/lacks.h"
#include "core/snapshot/memory.h"
#include "core/snapshot/process_view.h"
#include "core/snapshot/runtime_reader.h"
#include "core/snapshot/symbols.h"
#include "core/snapshot/unwinder.h"

namespace kvtool::snapshot::v8 {

// The parts of a snapshot that a reader works with. All must outlive it.
struct JsReaderTools {
  const ProcessView& target;
  const AddressMap& map;
  const Memory& memory;
  ThreadIds& ids;
  Unwinder& unwinder;
  Symbolizer& symbolizer;
};

// Null when there is no V8 in the target; `lacks` is told when there is one that cannot be read.
std::unique_ptr<RuntimeReader> find_js_reader(const JsReaderTools& tools, Lacks& lacks);

}  // namespace kvtool::snapshot::v8

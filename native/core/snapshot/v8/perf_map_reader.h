// PerfMapReader: JavaScript frames of a V8 that cannot be read otherwise, by the map of its code that it
// wrote.
#pragma once

#include <vector>

#include "core/snapshot/address_map.h"
#include "core/snapshot/process_view.h"
#include "core/snapshot/runtime_reader.h"
#include "core/snapshot/v8/perf_map.h"

namespace kvtool::snapshot::v8 {

// The map that the target wrote; empty when there is none.
PerfMap read_perf_map(const ProcessView& target);

class PerfMapReader final : public RuntimeReader {
 public:
  explicit PerfMapReader(PerfMap map) : map_(std::move(map)) {}

  void read(ThreadDump& thread, const Walk& walk, const StackCopy& stack) override;
  bool read_running(ThreadDump&) override { return false; }
  void finish(std::vector<ThreadDump>&, Lacks&) override {}

 private:
  PerfMap map_;
};

}  // namespace kvtool::snapshot::v8

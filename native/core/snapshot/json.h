// A ProcessDump as JSON: exactly the type of that name in src/diagnosis/process-dump.ts. And what NVML tells:
// GpuReading in src/diagnosis/gpus.ts.
#pragma once

#include <string>

#include "core/snapshot/gpus.h"
#include "core/snapshot/process_dump.h"

namespace kvtool::snapshot {

// One document with a line feed at its end. Always valid UTF-8, whatever bytes threads call themselves by.
std::string to_json(const ProcessDump& dump);
std::string to_json(const GpuReading& reading);

}  // namespace kvtool::snapshot

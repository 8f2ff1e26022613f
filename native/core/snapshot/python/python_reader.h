// PythonReader: frames, GIL and locks of a CPython 3.8 to 3.14 in the target.
#pragma once

#include <memory>

#include "core/snapshot/address_map.h"
#include "core/snapshot/lacks.h"
#include "core/snapshot/memory.h"
#include "core/snapshot/process_view.h"
#include "core/snapshot/runtime_reader.h"

namespace kvtool::snapshot::python {

// Null when there is no CPython in the target; `lacks` is told when there is one that cannot be read. All but
// `lacks` must outlive the reader.
std::unique_ptr<RuntimeReader> find_reader(const ProcessView& target, const AddressMap& map,
                                           const Memory& memory, ThreadIds& ids, Lacks& lacks);

}  // namespace kvtool::snapshot::python

#include "core/snapshot/python/python_reader.h"

namespace kvtool::snapshot::python {

std::unique_ptr<RuntimeReader> find_reader(const Target&, const AddressMap&, const Memory&, ThreadIds&,
                                           Lacks&) {
  return nullptr;
}

}  // namespace kvtool::snapshot::python

// Is there a CPython in the target, which version is it, and where is its state?
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/snapshot/address_map.h"
#include "core/snapshot/memory.h"
#include "core/snapshot/process_view.h"
#include "core/snapshot/python/layouts.h"

namespace kvtool::snapshot::python {

struct PythonRuntime {
  std::uint64_t address = 0;  // _PyRuntime
  std::string module = {};    // base name of the file that it is in
  std::string version = {};   // `3.11`; empty when it could not be told
  bool free_threaded = false;
  std::optional<Layout> layout = {};  // nullopt for a version that is not known
};

// nullopt when there is none. Looks at the executable and at files called python or libpython: a process has
// hundreds of libraries, and opening all of them would take longer than the rest.
std::optional<PythonRuntime> find_runtime(const ProcessView& target, const AddressMap& map,
                                          const Memory& memory);

// `3.11` for `libpython3.11.so.1.0` and `python3.11`; empty for a name without a version.
std::string version_of_name(std::string_view file);
// 11 when the bytes have what Py_GetVersion returns in them: `3.11.7 (main, Dec ...`.
std::optional<int> minor_of_version_text(std::string_view bytes);

}  // namespace kvtool::snapshot::python

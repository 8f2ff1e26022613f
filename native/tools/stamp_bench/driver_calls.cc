#include "tools/stamp_bench/driver_calls.h"

#include <dlfcn.h>

#include <stdexcept>

namespace kvtool::stamp_bench {
namespace {

template <class Function>
void find(void* library, const char* name, Function* out) {
  *out = reinterpret_cast<Function>(dlsym(library, name));
  if (*out == nullptr) throw std::runtime_error(std::string("the driver has no ") + name);
}

}  // namespace

DriverCalls find_calls(const std::string& file) {
  void* const library = dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) throw std::runtime_error("cannot open " + file);
  DriverCalls calls;
  find(library, "cuEventElapsedTime", &calls.elapsed);
  find(library, "cuStreamBeginCapture_v2", &calls.begin_capture);
  find(library, "cuStreamEndCapture", &calls.end_capture);
  find(library, "cuGraphInstantiateWithFlags", &calls.instantiate);
  find(library, "cuGraphLaunch", &calls.launch_graph);
  find(library, "cuGraphExecDestroy", &calls.destroy_executable);
  find(library, "cuGraphDestroy", &calls.destroy_graph);
  return calls;
}

}  // namespace kvtool::stamp_bench

#include <tuple>

#include "core/explorer/catalog.h"
#include "core/runtime/model_runtime.h"
#include "core/runtime/real_runtime.h"
#include "wait-under-gil/actors.h"

namespace kvtool::wait_under_gil {
namespace {

using namespace explore;

template <class Rt>
ProgramFactory future(bool drops_lock) {
  return factory<Future<Rt>>([drops_lock](const Parameters& p) {
    return std::tuple(static_cast<unsigned>(p.at("workers")), drops_lock);
  });
}
template <class Rt>
ProgramFactory allocator(bool ordered) {
  return factory<Allocator<Rt>>([ordered](const Parameters&) { return std::tuple(ordered); });
}

const ScenarioRegistration registration({
    .id = "wait-under-gil",
    .family = "A8",
    .title = "a wait with the GIL held for what a worker completes with the GIL",
    .source = "https://github.com/NVIDIA/TensorRT-LLM/pull/16172",
    .parameters = {{.name = "workers", .standard = 1, .least = 1, .most = 4, .what = "workers to wait for"}},
    .variants = {{.name = "buggy",
                  .what = "the caller waits for the future with the GIL held",
                  .expect = {Outcome::deadlock, ""},
                  .model = future<ModelRuntime>(false),
                  .real = future<RealRuntime>(false)},
                 {.name = "allocator",
                  .what = "one thread takes the allocator's lock, then the GIL; another the reverse",
                  .expect = {Outcome::deadlock, ""},
                  .model = allocator<ModelRuntime>(false),
                  .real = allocator<RealRuntime>(false)},
                 {.name = "allocator-ordered",
                  .what = "everybody takes the GIL first",
                  .model = allocator<ModelRuntime>(true),
                  .real = allocator<RealRuntime>(true)},
                 {.name = "fixed",
                  .what = "the caller drops the GIL while it waits",
                  .model = future<ModelRuntime>(true),
                  .real = future<RealRuntime>(true)}},
    .golden = "two-party deadlock; without the GIL held ok; one lock order ok",
});

}  // namespace
}  // namespace kvtool::wait_under_gil

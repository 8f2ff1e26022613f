#include <tuple>

#include "core/explorer/catalog.h"
#include "core/runtime/model_runtime.h"
#include "core/runtime/real_runtime.h"
#include "gil-driver-inversion/actors.h"

namespace kvtool::gil_driver_inversion {
namespace {

using namespace explore;

template <class Rt>
ProgramFactory with(bool called_back) {
  return factory<Inversion<Rt>>([called_back](const Parameters& p) {
    return std::tuple(static_cast<unsigned>(p.at("threads")), static_cast<unsigned>(p.at("calls")),
                      called_back);
  });
}

const ScenarioRegistration registration({
    .id = "gil-driver-inversion",
    .family = "A7",
    .title = "on a rare path the driver calls a Python function back under its own mutex",
    .source = "https://github.com/rapidsai/ucx-py/issues/187",
    .parameters = {{.name = "threads", .standard = 3, .least = 2, .most = 8, .what = "threads"},
                   {.name = "calls", .standard = 5, .least = 1, .most = 50, .what = "calls of each thread"}},
    .variants = {{.name = "buggy",
                  .what = "the occupancy function is a Python lambda",
                  .expect = {Outcome::deadlock, ""},
                  .model = with<ModelRuntime>(true),
                  .real = with<RealRuntime>(true)},
                 {.name = "fixed",
                  .what = "a C function is passed; Python runs after the driver's mutex is given back",
                  .model = with<ModelRuntime>(false),
                  .real = with<RealRuntime>(false)}},
    .golden = "GIL x driver, 3 threads x 5 calls: proved",
});

}  // namespace
}  // namespace kvtool::gil_driver_inversion

#include <tuple>

#include "core/explorer/catalog.h"
#include "core/runtime/model_runtime.h"
#include "gil-hostfunc/model_actors.h"

namespace kvtool::gil_model {
namespace {

using namespace explore;

ProgramFactory with(bool some_left) {
  return factory<Workers<ModelRuntime>>([some_left](const Parameters& p) {
    Setup setup{.rules = &driver_580(), .callback = Callback::native};
    setup.publishes = static_cast<unsigned>(p.at("native"));
    if (some_left) setup.runtime_callsites = static_cast<unsigned>(p.at("runtime"));
    return std::tuple(setup);
  });
}

const ScenarioRegistration registration({
    .id = "one-callsite-left",
    .family = "A3",
    .title = "most callsites are native, some still run the language runtime",
    .source = "https://github.com/LMCache/LMCache/pull/3336",
    .parameters =
        {{.name = "native", .standard = 2, .least = 1, .most = 4, .what = "callsites on the native recorder"},
         {.name = "runtime",
          .standard = 1,
          .least = 1,
          .most = 2,
          .what = "callsites that need the GIL still"}},
    .variants = {{.name = "buggy",
                  .what = "finish_write still runs a callback that needs the GIL",
                  .expect = {Outcome::deadlock, ""},
                  .model = with(true)},
                 {.name = "fixed", .what = "every callsite is native", .model = with(false)}},
    .golden = "S1.e deadlock in 10 steps; with none left S1.d ok",
});

}  // namespace
}  // namespace kvtool::gil_model

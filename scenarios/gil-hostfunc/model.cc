#include <tuple>

#include "core/explorer/catalog.h"
#include "core/runtime/model_runtime.h"
#include "gil-hostfunc/model_actors.h"

namespace kvtool::gil_model {
namespace {

using namespace explore;

constexpr Blocking kBlockingCalls[] = {Blocking::first_load, Blocking::free, Blocking::full_queue,
                                       Blocking::synchronize};

ProgramFactory with(Setup setup) {
  setup.rules = &driver_580();
  return factory<Workers<ModelRuntime>>([setup](const Parameters& p) {
    Setup own = setup;
    own.publishes = static_cast<unsigned>(p.at("publishes"));
    own.bystanders = static_cast<unsigned>(p.at("bystanders"));
    if (own.blocking == Blocking::first_load) {
      own.blocking = kBlockingCalls[p.at("blocking-call")];
      // A call that holds nothing but C while it waits meets an entrant that needs C.
      if (own.blocking == Blocking::full_queue && own.entry == Entry::event_record)
        own.entry = Entry::event_create;
    }
    return std::tuple(own);
  });
}

const ScenarioRegistration registration({
    .id = "gil-hostfunc",
    .family = "A1",
    .title = "a runtime callback on a stream against the driver",
    .source = "https://github.com/LMCache/LMCache/pull/2952",
    .parameters = {{.name = "publishes",
                    .standard = 1,
                    .least = 1,
                    .most = 3,
                    .what = "callbacks that E puts on its stream"},
                   {.name = "bystanders",
                    .standard = 0,
                    .least = 0,
                    .most = 6,
                    .what = "threads that only need the GIL"},
                   {.name = "blocking-call",
                    .standard = 0,
                    .least = 0,
                    .most = 3,
                    .what =
                        "of the launcher: 0 first load of a module, 1 cudaFree, 2 launch into a full queue, "
                        "3 cudaStreamSynchronize, which holds nothing and so cannot deadlock here"}},
    .variants = {{.name = "buggy",
                  .what = "the callback needs the GIL; another worker enters the driver with the GIL kept",
                  .expect = {Outcome::deadlock, ""},
                  .model = with({})},
                 {.name = "two-party",
                  .what = "the callback needs the GIL, and the launcher itself keeps it",
                  .expect = {Outcome::deadlock, ""},
                  .model = with({.entry = Entry::nothing, .launcher_keeps_lock = true})},
                 {.name = "every-call-drops-gil",
                  .what = "the callback needs the GIL, but every driver call drops it",
                  .model = with({.entrant_keeps_lock = false})},
                 {.name = "nothing-waits-for-idle",
                  .what = "the callback needs the GIL, but no call waits in the driver",
                  .model = with({.blocking = Blocking::nothing})},
                 {.name = "launcher-keeps-gil",
                  .what = "the callback is native; the launcher keeps the GIL",
                  .model = with({.callback = Callback::native, .launcher_keeps_lock = true})},
                 {.name = "fixed",
                  .what = "the callback is native",
                  .model = with({.callback = Callback::native})}},
    .golden = "S1.a deadlock in 10 steps; S1.i deadlock in 8; S1.f, S1.g, S1.h ok; S1.d ok (450 states)",
});

}  // namespace
}  // namespace kvtool::gil_model

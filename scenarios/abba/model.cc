#include <tuple>

#include "abba/actors.h"
#include "core/explorer/catalog.h"
#include "core/runtime/model_runtime.h"
#include "core/runtime/real_runtime.h"

namespace kvtool::abba {
namespace {

using namespace explore;

template <class Rt>
ProgramFactory with(bool ordered) {
  return factory<AbBa<Rt>>([ordered](const Parameters& p) {
    return std::tuple(static_cast<unsigned>(p.at("threads")), static_cast<unsigned>(p.at("padding")),
                      ordered);
  });
}

const ScenarioRegistration registration({
    .id = "abba",
    .family = "-",
    .title = "each thread takes two locks, in a ring",
    .source = "the textbook's lock cycle; the measure of every explorer",
    .parameters =
        {{.name = "threads", .standard = 2, .least = 2, .most = 6, .what = "threads, and locks"},
         {.name = "padding", .standard = 0, .least = 0, .most = 1000, .what = "unrelated steps a thread"}},
    .variants = {{.name = "buggy",
                  .what = "thread i takes lock i, then lock i + 1",
                  .expect = {Outcome::deadlock, ""},
                  .model = with<ModelRuntime>(false),
                  .real = with<RealRuntime>(false)},
                 {.name = "fixed",
                  .what = "the lock with the smaller number first",
                  .model = with<ModelRuntime>(true),
                  .real = with<RealRuntime>(true)}},
});

}  // namespace
}  // namespace kvtool::abba

// The files of a new scenario of the model, by their paths: a small claim protocol with its bug and its fix.

/** @param {string} id @param {string} title */
export function modelFiles(id, title) {
  const namespace = id.replaceAll('-', '_');
  const text = JSON.stringify(title);
  return {
    [`scenarios/${id}/actors.h`]: `// ${id}: ${title}.
#pragma once

#include <mutex>
#include <string>

namespace kvtool::${namespace} {

// Templates over the runtime policy Rt, so that the code that is explored is the code that runs. State that
// actors share is made of Rt's types, and nothing else.
template <class Rt>
class Scenario {
 public:
  // Nothing on an actor's stack owns memory: a search may forget actors in the middle of a function.
  static constexpr bool kMayBeAbandoned = true;

  // \`in_one_hold\`: the fix.
  Scenario(unsigned, bool in_one_hold) : in_one_hold_(in_one_hold) {}

  static unsigned actor_count(unsigned actors, bool) { return actors; }
  static std::string actor_name(unsigned actor) { return "claimer " + std::to_string(actor); }

  void run(unsigned) {
    if (in_one_hold_) {
      const std::lock_guard hold(mutex_);
      if (is_free()) take();
      return;
    }
    bool free = false;
    {
      const std::lock_guard hold(mutex_);
      free = is_free();
    }
    const std::lock_guard hold(mutex_);
    if (free) take();
  }

  // When every actor has ended.
  void finish() { Rt::check(owners_.read() == 1, "I2: the block has an owner at the end"); }

 private:
  bool is_free() {
    return owners_.get([](int owners) { return owners == 0; });
  }
  void take() {
    const int owners = owners_.update([](int& count) { return ++count; });
    Rt::check(owners == 1, "I1: a block has one owner at most");
  }

  const bool in_one_hold_;
  typename Rt::mutex mutex_{"pool"};
  typename Rt::template plain<int> owners_{0, "owners"};
};

}  // namespace kvtool::${namespace}
`.replaceAll('\\`', '`'),
    [`scenarios/${id}/model.cc`]: `#include <tuple>

#include "core/explorer/catalog.h"
#include "core/runtime/model_runtime.h"
#include "core/runtime/real_runtime.h"
#include "${id}/actors.h"

namespace kvtool::${namespace} {
namespace {

using namespace explore;

template <class Rt>
ProgramFactory with(bool in_one_hold) {
  return factory<Scenario<Rt>>([in_one_hold](const Parameters& p) {
    return std::tuple(static_cast<unsigned>(p.at("actors")), in_one_hold);
  });
}

const ScenarioRegistration registration({
    .id = "${id}",
    .family = "-",
    .title = ${text},
    .source = "the public report",
    .parameters = {{.name = "actors", .standard = 2, .least = 2, .most = 6, .what = "who want the block"}},
    .variants = {{.name = "buggy",
                  .what = "look and take are two holds of the lock",
                  .expect = {Outcome::violation, "I1"},
                  .model = with<ModelRuntime>(false),
                  .real = with<RealRuntime>(false)},
                 {.name = "fixed",
                  .what = "one hold over both",
                  .model = with<ModelRuntime>(true),
                  .real = with<RealRuntime>(true)}},
});

}  // namespace
}  // namespace kvtool::${namespace}
`,
    [`docs/scenarios/${id}.md`]: `# ${id}: ${title}

The bug in ten lines, and its public source.

## How to see it

\`kvtool explore ${id}\`

<!-- explore:begin -->
<!-- explore:end -->

## What to change

What users should change, strongest first.
`.replaceAll('\\`', '`'),
  };
}

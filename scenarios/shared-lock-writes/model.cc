#include <tuple>

#include "core/explorer/catalog.h"
#include "core/runtime/model_runtime.h"
#include "core/runtime/real_runtime.h"
#include "shared-lock-writes/actors.h"

namespace kvtool::shared_lock_writes {
namespace {

using namespace explore;

template <class Rt, Lock lock, Status kind>
ProgramFactory with() {
  return factory<SharedLockWrites<Rt, lock, kind>>([](const Parameters& p) {
    return std::tuple(static_cast<unsigned>(p.at("threads")), static_cast<unsigned>(p.at("polls")));
  });
}

template <Lock lock, Status kind>
Variant variant(const char* name, const char* what, const Expectation& expect = {}) {
  // In real threads nothing but a sanitizer sees a race.
  const bool for_real = expect.outcome != Outcome::race;
  return {.name = name,
          .what = what,
          .expect = expect,
          .model = with<ModelRuntime, lock, kind>(),
          .real = for_real ? with<RealRuntime, lock, kind>() : ProgramFactory()};
}

const Expectation kLost = {Outcome::violation, "a transfer that was done"};

const ScenarioRegistration registration({
    .id = "shared-lock-writes",
    .family = "F9",
    .title = "a handle's status is written under a lock that is only shared",
    .source = "NIXL: https://github.com/ai-dynamo/nixl/issues/2049",
    .parameters =
        {{.name = "threads", .standard = 2, .least = 2, .most = 4, .what = "threads that ask for the status"},
         {.name = "polls", .standard = 2, .least = 1, .most = 1000, .what = "how often each asks"}},
    .variants = {variant<Lock::shared, Status::raced>("buggy", "the agent's lock in shared mode", kLost),
                 variant<Lock::shared, Status::plain>("race", "the same by the order of accesses alone",
                                                      {Outcome::race, "data race on status"}),
                 variant<Lock::none, Status::raced>("no-lock", "the agent's lock does nothing, as by default",
                                                    kLost),
                 variant<Lock::shared, Status::atomic>("atomic-status",
                                                       "an atomic status: no race, and still lost", kLost),
                 variant<Lock::exclusive, Status::plain>(
                     "exclusive", "the agent's lock in exclusive mode: every handle waits for every other"),
                 variant<Lock::per_handle, Status::plain>("fixed", "a lock of the handle's own as well")},
    .golden = "lost status; with an exclusive or per-object lock: ok",
});

}  // namespace
}  // namespace kvtool::shared_lock_writes

// Runs a scenario's program in real threads until an invariant breaks.
#pragma once

#include <cstdint>
#include <latch>
#include <memory>
#include <string>
#include <vector>

#include "core/explorer/program.h"
#include "core/runtime/invariants.h"
#include "core/runtime/perturbation.h"
#include "core/runtime/real_thread.h"

namespace kvtool {

// One run, under the delays of `seed`; what broke in it.
inline std::vector<std::string> run_for_real(explore::Program& program, std::uint64_t seed) {
  take_broken_invariants();
  Perturbation::enable(seed);
  program.reset();
  {
    std::latch start(program.actors());
    std::vector<RealThread> threads;
    for (unsigned actor = 0; actor < program.actors(); ++actor)
      threads.emplace_back(program.actor_name(actor), [&program, &start, actor] {
        start.arrive_and_wait();
        program.run(actor);
      });
    for (RealThread& thread : threads) thread.join();  // before the latch goes
  }
  program.finish();
  Perturbation::disable();
  return take_broken_invariants();
}

// What broke in the first of at most `rounds` runs that broke anything.
inline std::vector<std::string> first_broken(explore::Program& program, std::uint64_t rounds) {
  for (std::uint64_t seed = 1; seed <= rounds; ++seed)
    if (std::vector<std::string> broken = run_for_real(program, seed); !broken.empty()) return broken;
  return {};
}

}  // namespace kvtool

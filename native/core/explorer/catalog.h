// The catalogue of scenarios that run in the model (and, where a real factory is given, in real threads).
// A scenario registers itself:
//
//   // scenarios/peek-then-claim/model.cc
//   const ScenarioRegistration registration({
//       .id = "peek-then-claim",
//       .family = "C2",
//       .title = "select and remove are two operations",
//       .source = "TensorRT-LLM: the block pool gets a second thread",
//       .parameters = {{.name = "blocks", .standard = 1, .least = 1, .most = 4, .what = "blocks in the
//       pool"}}, .variants = {
//           {.name = "buggy", .what = "a lock for each operation",
//            .expect = {Outcome::violation, "I2"}, .model = ..., .real = ...},
//           {.name = "fixed", .what = "one hold over both", .expect = {Outcome::ok}, ...},
//       },
//   });
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/explorer/program.h"
#include "core/explorer/world.h"

namespace kvtool::explore {

using Parameters = std::map<std::string, std::int64_t, std::less<>>;

struct ParameterSpec {
  std::string name = {};
  std::int64_t standard = 0, least = 0, most = 0;
  std::string what = {};  // with its unit
};

// What a variant is expected to show. `message`: how the failure's message begins; empty: any.
struct Expectation {
  Outcome outcome = Outcome::ok;
  std::string message = {};
};

using ProgramFactory = std::function<std::unique_ptr<Program>(const Parameters&)>;

struct Variant {
  std::string name = {};  // "buggy", "fixed", or the name of a half-fix
  std::string what = {};  // one line
  Expectation expect = {};
  // The memory models in which it is expected so; elsewhere `elsewhere` is. Empty: in all.
  std::vector<MemoryModel> models = {};
  Expectation elsewhere = {};
  ProgramFactory model = {};
  ProgramFactory real = {};  // the same template over RealRuntime; empty: not in real threads
  // Which real runs are expected to fail: a store buffer's bug may never show on x86-64.
  bool real_may_not_show = false;

  const Expectation& expected_in(MemoryModel model) const;
};

struct Scenario {
  std::string id = {};      // the folder's name
  std::string family = {};  // "C2"
  std::string title = {};
  std::string source = {};  // which public bug
  std::vector<ParameterSpec> parameters = {};
  std::vector<Variant> variants = {};   // the buggy one first, the fixed one last
  MemoryModel model = MemoryModel::sc;  // unless asked otherwise
  Limits limits = {};
  // The spec's golden result, for the report: "buggy: deadlock in 10 steps; fixed: ok (450 states)".
  std::string golden = {};

  const Variant* find(std::string_view name) const;
  // The standard values; those of `given` instead. Throws std::invalid_argument: an unknown name (with those
  // there are), a value out of range.
  Parameters resolve(const Parameters& given) const;
};

// Every scenario, by id. Filled before main; read-only afterwards.
const std::map<std::string, Scenario, std::less<>>& catalog();

class ScenarioRegistration {
 public:
  explicit ScenarioRegistration(Scenario scenario);
};

// A factory for ProgramOf<State, Args...>; `arguments` maps parameters to State's constructor arguments.
//   .model = factory<PeekThenClaim<ModelRuntime>>([](const Parameters& p) { return std::tuple(p.at("blocks"),
//   false); })
template <class State, class Arguments>
ProgramFactory factory(Arguments arguments) {
  return [arguments](const Parameters& parameters) -> std::unique_ptr<Program> {
    return std::apply(
        [](auto... args) -> std::unique_ptr<Program> {
          return std::make_unique<ProgramOf<State, decltype(args)...>>(args...);
        },
        arguments(parameters));
  };
}

// The same for a State that takes no arguments.
template <class State>
ProgramFactory factory() {
  return factory<State>([](const Parameters&) { return std::tuple(); });
}

}  // namespace kvtool::explore

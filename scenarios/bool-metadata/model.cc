#include <tuple>

#include "bool-metadata/actors.h"
#include "core/explorer/catalog.h"
#include "core/runtime/real_runtime.h"
#include "launch-unchecked/still_runtime.h"

namespace kvtool::bool_metadata {
namespace {

using namespace explore;
using recorder_family::StillRuntime;

template <class Rt>
ProgramFactory with(Codec codec, Values which) {
  return factory<BoolMetadata<Rt>>([codec, which](const Parameters&) { return std::tuple(codec, which); });
}

Variant variant(const char* name, const char* what, Codec codec, Values which,
                const Expectation& expect = {}) {
  return {.name = name,
          .what = what,
          .expect = expect,
          .model = with<StillRuntime>(codec, which),
          .real = with<RealRuntime>(codec, which)};
}

const ScenarioRegistration registration({
    .id = "bool-metadata",
    .family = "B3",
    .title = "metadata comes out with another type than went in",
    .source = "https://github.com/LMCache/LMCache/pull/2952",
    .variants = {variant("buggy", "ints to one map, the text of all else to another: what becomes of a bool",
                         Codec::two_maps, Values::bools,
                         {Outcome::violation, "B3: type(out) == type(in): a bool comes out as an integer"}),
                 variant("stringified", "the same, and what becomes of None, a float or a list",
                         Codec::two_maps, Values::no_ints,
                         {Outcome::violation, "B3: type(out) == type(in): a value comes out as its text"}),
                 variant("beyond-63-bits", "the same, and what becomes of a large integer", Codec::two_maps,
                         Values::beyond_63_bits, {Outcome::violation, "B3: every value is taken"}),
                 variant("int-first", "every type has a tag, but int is tested before bool", Codec::int_first,
                         Values::all,
                         {Outcome::violation, "B3: type(out) == type(in): a bool comes out as an integer"}),
                 variant("fixed", "every type has a tag", Codec::tagged, Values::all)},
    .golden = "bool -> int; float, None, nested -> str; > 63 bits raises; fixed: ok",
});

}  // namespace
}  // namespace kvtool::bool_metadata

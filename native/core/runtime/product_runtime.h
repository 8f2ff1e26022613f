// ProductRuntime: RealRuntime without the points of perturbation, each of which costs a load and a branch
// while it is off. What is left are the instructions of hand-written code:
// test/native/core/runtime/instructions_test.cc compares the two.
#pragma once

#include <string_view>

#include "core/runtime/real_runtime.h"

namespace kvtool {

struct ProductRuntime : RealRuntime {
  static void perturb(std::string_view) {}
};

}  // namespace kvtool

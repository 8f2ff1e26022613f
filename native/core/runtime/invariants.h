// Broken invariants of code that runs for real: kept until somebody asks. The first one counts; actors go on,
// as the product would.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace kvtool {

// Thread-safe. Keeps the first 16 distinct texts.
void report_broken_invariant(std::string_view invariant);
// What was reported since the last call.
std::vector<std::string> take_broken_invariants();

}  // namespace kvtool

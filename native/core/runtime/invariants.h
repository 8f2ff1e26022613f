// Broken invariants of code that runs for real: kept until somebody asks. The first one counts; actors go on,
// as the product would.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace kvtool {

// Thread-safe. Keeps the first 16 distinct texts.
void report_broken_invariant(std::string_view invariant);
// What was reported since the last call.
std::vector<std::string> take_broken_invariants();
// Has `told` told of each that is kept from now on, at once, one at a time, on the thread that reports it:
// for a process that may hang before anybody asks. It may report none itself.
void tell_broken_invariants(std::function<void(std::string_view)> told);

}  // namespace kvtool

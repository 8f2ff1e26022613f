// What kvtool-explore does, one function a job. Each prints its lines and returns the exit code. All throw
// std::invalid_argument for what the user got wrong.
#pragma once

#include "tools/explore/arguments.h"

namespace kvtool::explore {

// One result line for each variant; failures with trace, replay line and comparison with the last variant.
int explore_job(const Arguments& arguments);
// One line: the trace, and the comparison.
int replay_job(const Arguments& arguments);
// A line for each finding, and one for the end.
int random_job(const Arguments& arguments);
// One line: what the same code shows on real threads. REQUIRES: this process has one thread.
int threads_job(const Arguments& arguments);

}  // namespace kvtool::explore

// The transfer on the CPU, row by row: what every kernel is compared with, and what the simulated device
// runs.
#pragma once

#include "core/transfer/plan.h"

namespace kvtool::transfer {

// REQUIRES: the plan's memory is the host's.
void run_on_host(const Plan& plan);

}  // namespace kvtool::transfer

#pragma once

#include "core/device/table/gate.h"

namespace kvtool::sim::test {

using table::Gate;

}  // namespace kvtool::sim::test

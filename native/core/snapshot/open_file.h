// Opening files that somebody else named: they may be FIFOs, devices or links to where nobody should be led.
#pragma once

#include <string>

#include "core/snapshot/unique_fd.h"

namespace kvtool::snapshot {

// Closed when there is no such regular file.
UniqueFd open_regular(const std::string& path);
// The same for an absolute path as it is seen from a root folder: no link leads out of that.
UniqueFd open_below(const UniqueFd& root, const std::string& path);

}  // namespace kvtool::snapshot

// Times as text.
#pragma once

#include <time.h>

#include <string>

namespace kvtool::snapshot {

// `2026-01-31T12:34:56.789Z`.
std::string utc_text(const timespec& time);

}  // namespace kvtool::snapshot

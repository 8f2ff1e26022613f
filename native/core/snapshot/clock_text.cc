#include "core/snapshot/clock_text.h"

#include <array>
#include <cstdio>

namespace kvtool::snapshot {

std::string utc_text(const timespec& time) {
  tm calendar{};
  gmtime_r(&time.tv_sec, &calendar);
  std::array<char, 32> date;
  strftime(date.data(), date.size(), "%Y-%m-%dT%H:%M:%S", &calendar);
  std::array<char, 48> text;
  std::snprintf(text.data(), text.size(), "%s.%03ldZ", date.data(), time.tv_nsec / 1'000'000);
  return text.data();
}

}  // namespace kvtool::snapshot

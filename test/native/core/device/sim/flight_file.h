// FlightFile: a flight in a temporary file, and its lock lines as another process would read them.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "core/runtime/flight.h"

namespace kvtool::sim::test {

struct Line {
  std::string wants, where;
  std::set<std::string> holds;
  bool by_model = false;
};

class FlightFile {
 public:
  FlightFile() {
    char path[] = "/tmp/kvtool-flight-XXXXXX";
    fd_ = mkstemp(path);
    EXPECT_GE(fd_, 0);
    flight_ = Flight::map(path);
    unlink(path);
  }
  FlightFile(const FlightFile&) = delete;
  FlightFile& operator=(const FlightFile&) = delete;
  ~FlightFile() { close(fd_); }

  Flight& operator*() { return *flight_; }
  Flight* get() { return flight_.get(); }

  // The line of the thread that calls itself `name`. Its thread must be asleep, or nothing says which moment
  // is read.
  Line line(std::string_view name) const {
    const auto found = look(name);
    if (!found) ADD_FAILURE() << "no lock line is called " << name;
    return found.value_or(Line{});
  }
  // The same while it may not be there yet, or may be written right now: then what is found may be half of
  // it.
  Line find(std::string_view name) const { return look(name).value_or(Line{}); }

 private:
  std::optional<Line> look(std::string_view name) const {
    constexpr off_t kLinesAt = sizeof(FlightHeader) + kFlightCounters * sizeof(FlightCounter);
    for (std::size_t i = 0; i < kFlightLines; ++i) {
      FlightLine raw;
      if (pread(fd_, &raw, sizeof raw, kLinesAt + static_cast<off_t>(i * sizeof raw)) != sizeof raw) break;
      if (raw.tid == 0 || name != raw.name) continue;
      Line line{.wants = raw.wants, .where = raw.where, .holds = {}, .by_model = raw.by_model != 0};
      for (std::uint32_t held = 0; held < raw.held_count; ++held) line.holds.insert(raw.holds[held]);
      return line;
    }
    return std::nullopt;
  }

  int fd_ = -1;
  std::unique_ptr<Flight> flight_;
};

}  // namespace kvtool::sim::test

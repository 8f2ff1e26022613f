// FlightReader: reads a flight file as the supervisor does, through the file and not through the writer's
// mapping.
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "arrivals.h"
#include "core/runtime/flight_layout.h"

namespace kvtool {

class FlightReader {
 public:
  explicit FlightReader(const std::string& path) : fd_(open(path.c_str(), O_RDONLY | O_CLOEXEC)) {}
  FlightReader(const FlightReader&) = delete;
  FlightReader& operator=(const FlightReader&) = delete;
  ~FlightReader() { close(fd_); }

  FlightHeader header() const { return at<FlightHeader>(0); }
  FlightCounter counter(std::size_t index) const {
    return at<FlightCounter>(sizeof(FlightHeader) + index * sizeof(FlightCounter));
  }

  // A line as its owner left it between two changes.
  FlightLine line(std::size_t index) const {
    const std::size_t offset =
        sizeof(FlightHeader) + kFlightCounters * sizeof(FlightCounter) + index * sizeof(FlightLine);
    for (;;) {
      const FlightLine first = at<FlightLine>(offset);
      if (first.sequence % 2 == 0 && at<FlightLine>(offset).sequence == first.sequence) return first;
    }
  }

  // The line of the thread called `name`; one without a TID when there is none.
  FlightLine line_of(std::string_view name) const {
    for (std::size_t i = 0; i < kFlightLines; ++i) {
      if (const FlightLine found = line(i); found.tid != 0 && name == found.name) return found;
    }
    return {};
  }

  // Looks again and again until the thread wants `resource`. False when it never does.
  bool await_want(std::string_view name, std::string_view resource) const {
    const auto deadline = std::chrono::steady_clock::now() + kTestLimit;
    while (std::chrono::steady_clock::now() < deadline) {
      if (resource == line_of(name).wants) return true;
      std::this_thread::yield();
    }
    return false;
  }

 private:
  template <class Record>
  Record at(std::size_t offset) const {
    Record record{};
    if (pread(fd_, &record, sizeof record, static_cast<off_t>(offset)) != sizeof record) return {};
    return record;
  }

  const int fd_;
};

inline std::vector<std::string> holds_of(const FlightLine& line) {
  return {line.holds, line.holds + line.held_count};
}

}  // namespace kvtool

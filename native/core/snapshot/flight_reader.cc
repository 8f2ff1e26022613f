#include "core/snapshot/flight_reader.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <optional>
#include <string_view>
#include <system_error>

#include "core/runtime/flight_layout.h"
#include "core/snapshot/unique_fd.h"

namespace kvtool::snapshot {
namespace {

// A line is written in well under a microsecond; one that is odd so often belongs to a thread that died in
// the act.
constexpr int kTries = 64;

template <typename T>
bool read_at(const UniqueFd& file, std::size_t offset, T& out) {
  return pread(file.get(), &out, sizeof out, static_cast<off_t>(offset)) == static_cast<ssize_t>(sizeof out);
}

template <std::size_t N>
std::string text(const char (&field)[N]) {
  return std::string(field, strnlen(field, N));
}

// One line as it stood at one moment. Its sequence must be even and the bytes the same in two readings: the
// order of the stores inside one pread is not known.
std::optional<FlightLine> stable_line(const UniqueFd& file, std::size_t offset) {
  FlightLine first;
  FlightLine again;
  for (int attempt = 0; attempt < kTries; ++attempt) {
    if (!read_at(file, offset, first) || !read_at(file, offset, again)) return std::nullopt;
    if (first.sequence % 2 == 0 && std::memcmp(&first, &again, sizeof first) == 0) return first;
  }
  return std::nullopt;
}

LockLine lock_line(const FlightLine& line, std::uint64_t now_ns) {
  LockLine result{.tid = line.tid, .name = text(line.name), .wants = text(line.wants)};
  result.by_model = line.by_model != 0;
  for (std::size_t i = 0; i < std::min<std::size_t>(line.held_count, kLineHolds); ++i)
    result.holds.push_back(text(line.holds[i]));
  if (!result.wants.empty()) {
    result.where = text(line.where);
    if (line.since_ns != 0 && line.since_ns <= now_ns)
      result.waiting_ms = (now_ns - line.since_ns) / 1'000'000;
  }
  return result;
}

// Empty when the header is one that this version reads.
std::string refuse(const FlightHeader& header) {
  if (std::memcmp(header.magic, kFlightMagic, sizeof kFlightMagic) != 0)
    return "it is no flight file, or its process has not initialised it yet";
  if (header.version != kFlightVersion)
    return "found version " + std::to_string(header.version) + ", expected " + std::to_string(kFlightVersion);
  const bool known_layout = header.header_bytes == sizeof(FlightHeader) &&
                            header.counter_capacity == kFlightCounters &&
                            header.counter_bytes == sizeof(FlightCounter) &&
                            header.line_capacity == kFlightLines && header.line_bytes == sizeof(FlightLine);
  return known_layout ? "" : "its header is damaged";
}

}  // namespace

FlightReading read_flight(const std::string& path, std::uint64_t now_ns) {
  FlightReading reading;
  const auto lacking = [&](const std::string& why) {
    reading.lacks.push_back("No lock lines from " + path + ": " + why + ".");
    return reading;
  };
  // O_NONBLOCK: a FIFO of that name must not block us.
  const UniqueFd file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!file) return lacking(std::generic_category().message(errno));
  struct stat facts {};
  if (fstat(file.get(), &facts) != 0 || !S_ISREG(facts.st_mode)) return lacking("it is no regular file");
  FlightHeader header;
  if (!read_at(file, 0, header)) return lacking("it is shorter than a header");
  if (const std::string why = refuse(header); !why.empty()) return lacking(why);
  reading.writer = header.pid;

  constexpr std::size_t kFirstLine = sizeof(FlightHeader) + kFlightCounters * sizeof(FlightCounter);
  if (static_cast<std::size_t>(facts.st_size) < kFlightBytes)
    reading.lacks.push_back("Some lock lines are missing: " + path + " has " + std::to_string(facts.st_size) +
                            " bytes, expected " + std::to_string(kFlightBytes) + ".");
  std::size_t unstable = 0;
  for (std::size_t i = 0; i < kFlightLines; ++i) {
    const std::size_t offset = kFirstLine + i * sizeof(FlightLine);
    if (offset + sizeof(FlightLine) > static_cast<std::size_t>(facts.st_size)) break;
    const auto line = stable_line(file, offset);
    if (!line) {
      unstable++;
      continue;
    }
    if (line->tid > 0) reading.lines.push_back(lock_line(*line, now_ns));
  }
  if (unstable > 0)
    reading.lacks.push_back(std::to_string(unstable) + " lock lines of " + path +
                            " are missing: they changed at every reading.");
  return reading;
}

}  // namespace kvtool::snapshot

// The layout of `events.kvr`, the file that a scenario child maps and its supervisor reads. It survives
// whatever is killed: the child only ever stores to the mapping, the supervisor only ever reads the file.
//
// Version 1: header, progress counters, lock lines. The supervisor's reader is src/harness/flight-file.ts;
// change both together and raise kFlightVersion. Little endian; every field naturally aligned; no pointers.
#pragma once

#include <cstddef>
#include <cstdint>

namespace kvtool {

inline constexpr char kFlightMagic[8] = {'K', 'V', 'F', 'L', 'I', 'G', 'H', 'T'};
inline constexpr std::uint32_t kFlightVersion = 1;
inline constexpr std::size_t kFlightCounters = 64;
inline constexpr std::size_t kFlightLines = 256;

enum class FlightState : std::uint32_t { created = 0, starting = 1, running = 2, finished = 3, failed = 4 };

// All times are CLOCK_MONOTONIC in nanoseconds, the same clock as the supervisor's process.hrtime.
struct FlightHeader {
  char magic[8];                   // written last by the child: a file without it holds nothing yet
  std::uint32_t version;           // kFlightVersion
  std::uint32_t header_bytes;      // sizeof(FlightHeader)
  std::uint32_t counter_capacity;  // kFlightCounters
  std::uint32_t counter_bytes;     // sizeof(FlightCounter)
  std::uint32_t line_capacity;     // kFlightLines
  std::uint32_t line_bytes;        // sizeof(FlightLine)
  std::uint64_t file_bytes;
  std::int32_t pid;
  std::uint32_t state;             // FlightState
  std::uint64_t started_ns;        // when the actors were released
  std::uint64_t last_progress_ns;  // when a progress counter last moved
  std::uint64_t finished_ns;
  std::uint64_t window_opens;  // how often the hazard window was seen open
  std::uint64_t window_first_ns;
  char message[168];  // why state is `failed`, NUL-terminated
};
static_assert(sizeof(FlightHeader) == 256);

enum class CounterKind : std::uint32_t { none = 0, progress = 1, heartbeat = 2, gauge = 3 };

struct FlightCounter {
  char name[48];       // NUL-terminated; empty: unused, and so are all after it
  std::uint32_t kind;  // CounterKind; only `progress` counters feed the watchdog
  std::uint32_t reserved;
  std::uint64_t value;
};
static_assert(sizeof(FlightCounter) == 64);

inline constexpr std::size_t kLineHolds = 6;

// What one thread holds and wants, kept up to date by the thread itself. Resources are named `kind:name`:
//   runtime-lock:GIL, runtime-lock:JS thread, driver-lock:W, driver-lock:C, driver-lock:R, device:idle,
//   stream:3, mutex:transfer_lock
struct FlightLine {
  std::uint32_t sequence;    // odd while the owner writes: read again
  std::int32_t tid;          // 0: unused
  std::uint64_t since_ns;    // since when it wants what it wants
  std::uint32_t held_count;  // how many of `holds` are valid
  // 1: what it says of the driver (driver-lock, device, stream, event) comes from a driver model, because the
  // driver does not tell; 0: the device itself says it.
  std::uint32_t by_model;
  char name[40];   // the actor: "launcher", "host-function executor"
  char wants[48];  // a resource; empty when it wants nothing
  char where[48];  // the call in which it wants it: "cudaEventRecord"
  char holds[kLineHolds][48];
  char padding[64];
};
static_assert(sizeof(FlightLine) == 512);

inline constexpr std::size_t kFlightBytes =
    sizeof(FlightHeader) + kFlightCounters * sizeof(FlightCounter) + kFlightLines * sizeof(FlightLine);

}  // namespace kvtool

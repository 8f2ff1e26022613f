#include "core/runtime/flight.h"

#include <gtest/gtest.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstring>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include "../../support/flight_reader.h"
#include "../../support/temporary_path.h"

namespace kvtool {
namespace {

TEST(Flight, DescribesItsLayoutInItsHeader) {
  const TemporaryPath file("layout");
  const auto flight = Flight::map(file.path());
  const FlightHeader header = FlightReader(file.path()).header();
  EXPECT_EQ(std::memcmp(header.magic, kFlightMagic, sizeof kFlightMagic), 0);
  EXPECT_EQ(header.version, 1u);
  EXPECT_EQ(header.header_bytes, 256u);
  EXPECT_EQ(header.counter_capacity, 64u);
  EXPECT_EQ(header.counter_bytes, 64u);
  EXPECT_EQ(header.line_capacity, 256u);
  EXPECT_EQ(header.line_bytes, 512u);
  EXPECT_EQ(header.file_bytes, kFlightBytes);
  EXPECT_EQ(header.pid, getpid());
  EXPECT_EQ(header.state, static_cast<std::uint32_t>(FlightState::starting));
}

TEST(Flight, NamesThePathThatItCannotOpen) {
  try {
    Flight::map("/no/such/folder/events.kvr");
    FAIL() << "expected an error";
  } catch (const std::system_error& error) {
    EXPECT_NE(std::string(error.what()).find("/no/such/folder/events.kvr"), std::string::npos);
  }
}

TEST(Flight, StartsAnOldFileAfresh) {
  const TemporaryPath file("afresh");
  Flight::map(file.path())->counter("old", CounterKind::progress).add(5);
  const auto flight = Flight::map(file.path());
  EXPECT_STREQ(FlightReader(file.path()).counter(0).name, "");
}

TEST(Flight, OutlivesItsWriter) {
  const TemporaryPath file("outlives");
  Flight::map(file.path())->counter("requests", CounterKind::progress).add(3);
  const FlightCounter counter = FlightReader(file.path()).counter(0);
  EXPECT_STREQ(counter.name, "requests");
  EXPECT_EQ(counter.value, 3u);
}

TEST(FlightCounter, IsOnePerName) {
  const auto flight = Flight::in_memory();
  Counter first = flight->counter("requests", CounterKind::progress);
  Counter second = flight->counter("requests", CounterKind::progress);
  first.add(1);
  second.add(2);
  EXPECT_EQ(first.value(), 3u);
  EXPECT_EQ(flight->counter("other", CounterKind::gauge).value(), 0u);
}

TEST(FlightCounter, OnlyProgressMovesTheWatchdogsClock) {
  const auto flight = Flight::in_memory();
  const std::uint64_t at_start = flight->header().last_progress_ns;
  flight->counter("beats", CounterKind::heartbeat).add(1);
  flight->counter("depth", CounterKind::gauge).add(1);
  EXPECT_EQ(flight->header().last_progress_ns, at_start);
  flight->counter("requests", CounterKind::progress).add(1);
  EXPECT_GT(flight->header().last_progress_ns, at_start);
}

TEST(FlightCounter, RaisesButNeverLowersAGauge) {
  const auto flight = Flight::in_memory();
  Counter longest = flight->counter("longest gap", CounterKind::gauge);
  longest.raise_to(7);
  longest.raise_to(3);
  EXPECT_EQ(longest.value(), 7u);
  longest.set(1);
  EXPECT_EQ(longest.value(), 1u);
}

TEST(FlightCounter, RefusesTheSixtyFifth) {
  const auto flight = Flight::in_memory();
  for (int i = 0; i < 64; ++i) flight->counter("counter " + std::to_string(i), CounterKind::none);
  EXPECT_NO_THROW(flight->counter("counter 63", CounterKind::none));
  EXPECT_THROW(flight->counter("one more", CounterKind::none), std::length_error);
}

TEST(FlightCounter, KeepsTheFirst47BytesOfAName) {
  const auto flight = Flight::in_memory();
  flight->counter(std::string(60, 'n'), CounterKind::none).add(1);
  EXPECT_EQ(flight->counter(std::string(47, 'n'), CounterKind::none).value(), 1u);
}

TEST(FlightCounter, LosesNothingBetweenThreads) {
  const auto flight = Flight::in_memory();
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&flight] {
      Counter requests = flight->counter("requests", CounterKind::progress);
      for (int n = 0; n < 1'000; ++n) requests.add(1);
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(flight->counter("requests", CounterKind::progress).value(), 4'000u);
}

TEST(FlightState, StampsTheBeginningAndTheEnd) {
  const auto flight = Flight::in_memory();
  EXPECT_EQ(flight->header().started_ns, 0u);
  flight->set_state(FlightState::running);
  const std::uint64_t started = flight->header().started_ns;
  EXPECT_GT(started, 0u);
  EXPECT_EQ(flight->header().last_progress_ns, started);
  flight->set_state(FlightState::finished);
  EXPECT_GE(flight->header().finished_ns, started);
  EXPECT_EQ(flight->header().started_ns, started);
}

TEST(FlightState, SaysWhyItFailed) {
  const auto flight = Flight::in_memory();
  flight->fail(std::string(500, 'm'));
  EXPECT_EQ(flight->header().state, static_cast<std::uint32_t>(FlightState::failed));
  EXPECT_EQ(std::string(flight->header().message), std::string(167, 'm'));
  EXPECT_GT(flight->header().finished_ns, 0u);
}

TEST(FlightWindow, RemembersTheFirstOpeningAndCountsAll) {
  const auto flight = Flight::in_memory();
  flight->window_opened();
  const std::uint64_t first = flight->header().window_first_ns;
  flight->window_opened();
  EXPECT_GT(first, 0u);
  EXPECT_EQ(flight->header().window_first_ns, first);
  EXPECT_EQ(flight->header().window_opens, 2u);
}

TEST(FlightThread, BindsALineWhileItLives) {
  const TemporaryPath file("thread");
  const auto flight = Flight::map(file.path());
  const FlightReader reader(file.path());
  EXPECT_EQ(LockLine::current(), nullptr);
  {
    const Flight::Thread me(*flight, "launcher");
    EXPECT_NE(LockLine::current(), nullptr);
    EXPECT_EQ(reader.line_of("launcher").tid, static_cast<std::int32_t>(syscall(SYS_gettid)));
  }
  EXPECT_EQ(LockLine::current(), nullptr);
  EXPECT_EQ(reader.line_of("launcher").tid, 0);
}

TEST(FlightLineObject, SpeaksOfItsThreadUnboundAndIsReleasedByAnother) {
  const TemporaryPath file("line");
  const auto flight = Flight::map(file.path());
  const FlightReader reader(file.path());
  auto line = std::make_unique<Flight::Line>(*flight, "executor");
  EXPECT_EQ(LockLine::current(), nullptr);
  {
    const Flight::Thread me(*flight, "me");
    LockLine* const mine = LockLine::current();
    std::thread([&] {
      line->get()->hold("device:idle");
      EXPECT_EQ(reader.line_of("executor").held_count, 1u);
      line.reset();
    }).join();
    EXPECT_EQ(LockLine::current(), mine);
  }
  EXPECT_EQ(reader.line_of("executor").tid, 0);
}

TEST(FlightThread, RestoresTheOuterLine) {
  const auto flight = Flight::in_memory();
  const Flight::Thread outer(*flight, "outer");
  LockLine* const line = LockLine::current();
  {
    const Flight::Thread inner(*flight, "inner");
    EXPECT_NE(LockLine::current(), line);
  }
  EXPECT_EQ(LockLine::current(), line);
}

TEST(FlightThread, GivesALineBackClean) {
  const TemporaryPath file("clean");
  const auto flight = Flight::map(file.path());
  {
    const Flight::Thread first(*flight, "first");
    LockLine::current()->hold("mutex:a");
    LockLine::current()->want("mutex:b", "lock");
  }
  const Flight::Thread second(*flight, "second");
  const FlightLine line = FlightReader(file.path()).line(0);
  EXPECT_STREQ(line.name, "second");
  EXPECT_STREQ(line.wants, "");
  EXPECT_TRUE(holds_of(line).empty());
}

TEST(FlightThread, GoesWithoutALineWhenAllAreTaken) {
  const auto flight = Flight::in_memory();
  std::vector<std::unique_ptr<Flight::Thread>> lines;
  for (std::size_t i = 0; i < kFlightLines; ++i)
    lines.push_back(std::make_unique<Flight::Thread>(*flight, "t"));
  {
    const Flight::Thread one_too_many(*flight, "late");
    EXPECT_EQ(LockLine::current(), nullptr);
    const ScopedHold hold("mutex:a");  // announces nothing, and must not crash
  }
  EXPECT_NE(LockLine::current(), nullptr);
  while (!lines.empty()) lines.pop_back();  // inner before outer
}

}  // namespace
}  // namespace kvtool

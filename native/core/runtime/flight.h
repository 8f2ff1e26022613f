// Flight: the child's side of the flight file. One per scenario process, passed to whoever needs it.
//
//   auto flight = Flight::map(path);                       // or Flight::in_memory() in tests
//   Flight::Thread me(*flight, "launcher");                // this thread's LockLine while it is in scope
//   Counter requests = flight->counter("requests", CounterKind::progress);
//   requests.add(1);
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "core/runtime/flight_layout.h"
#include "core/runtime/lock_line.h"

namespace kvtool {

// CLOCK_MONOTONIC, ns.
std::uint64_t monotonic_ns();

// A counter in the flight file. Cheap to copy; safe from any thread; the Flight must outlive it.
class Counter {
 public:
  Counter() = default;
  Counter(FlightHeader* header, FlightCounter* slot) : header_(header), slot_(slot) {}
  // Relaxed: the supervisor only asks "did it move since I last looked".
  void add(std::uint64_t amount) {
    std::atomic_ref<std::uint64_t>(slot_->value).fetch_add(amount, std::memory_order_relaxed);
    if (slot_->kind == static_cast<std::uint32_t>(CounterKind::progress))
      std::atomic_ref<std::uint64_t>(header_->last_progress_ns)
          .store(monotonic_ns(), std::memory_order_relaxed);
  }
  void set(std::uint64_t value) {
    std::atomic_ref<std::uint64_t>(slot_->value).store(value, std::memory_order_relaxed);
  }
  // Keeps the largest value ever offered (for gauges such as the longest heartbeat gap).
  void raise_to(std::uint64_t value);
  std::uint64_t value() const {
    return std::atomic_ref<std::uint64_t>(slot_->value).load(std::memory_order_relaxed);
  }

 private:
  FlightHeader* header_ = nullptr;
  FlightCounter* slot_ = nullptr;
};

class Flight {
 public:
  // Maps `path`, creating it when missing, and initialises it. Throws std::system_error with the path in the
  // text.
  static std::unique_ptr<Flight> map(const std::string& path);
  static std::unique_ptr<Flight> in_memory();
  Flight(const Flight&) = delete;
  Flight& operator=(const Flight&) = delete;
  ~Flight();

  // The counter of that name, made on first use. Throws std::length_error when all kFlightCounters are taken.
  Counter counter(std::string_view name, CounterKind kind);

  void set_state(FlightState state);  // `running` stamps started_ns, `finished` and `failed` finished_ns
  void fail(std::string_view message);
  void window_opened();

  const FlightHeader& header() const { return *header_; }

  // RAII: a lock line named `name` about the calling thread, which it is not bound to: whoever has the object
  // writes it, one at a time, and may outlive a scope of that thread.
  class Line {
   public:
    Line(Flight& flight, std::string_view name);
    Line(const Line&) = delete;
    Line& operator=(const Line&) = delete;
    ~Line();

    // Null when all lines are taken.
    LockLine* get() { return slot_ == nullptr ? nullptr : &line_; }

   private:
    Flight& flight_;
    FlightLine* slot_;
    LockLine line_;
  };

  // RAII: gives the calling thread a lock line named `name`; restores whatever was bound before.
  class Thread {
   public:
    Thread(Flight& flight, std::string_view name);
    Thread(const Thread&) = delete;
    Thread& operator=(const Thread&) = delete;
    ~Thread();

   private:
    Line line_;
    LockLine* previous_;
  };

 private:
  Flight(void* base, std::size_t bytes);
  FlightLine* claim_line(std::string_view name);
  void release_line(FlightLine* line);

  void* base_;
  std::size_t bytes_;
  FlightHeader* header_;
  FlightCounter* counters_;
  FlightLine* lines_;
  // Guards the claiming of counter slots and line slots; never held across anything that can block.
  std::mutex slots_;
};

}  // namespace kvtool

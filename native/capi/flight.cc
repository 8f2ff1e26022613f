#include "capi/handles.h"

namespace kvtool::capi {

std::string& last_error() {
  static thread_local std::string text;
  return text;
}

std::string& runtime_lock() {
  static thread_local std::string name;
  return name;
}

namespace {

thread_local std::unique_ptr<Flight::Thread> bound_thread;

int set_state(kvt_flight* flight, FlightState state) {
  return guarded([&] {
    flight->flight->set_state(state);
    return 0;
  });
}

}  // namespace
}  // namespace kvtool::capi

using kvtool::CounterKind;
using kvtool::Flight;
using kvtool::FlightState;
using kvtool::LockLine;
namespace capi = kvtool::capi;

int kvt_abi_version(void) { return 1; }

const char* kvt_last_error(void) { return capi::last_error().c_str(); }

kvt_flight* kvt_flight_map(const char* path) {
  return capi::guarded_handle(
      [&] { return std::make_unique<kvt_flight>(kvt_flight{Flight::map(path)}).release(); });
}

void kvt_flight_free(kvt_flight* flight) { const std::unique_ptr<kvt_flight> owner(flight); }

int kvt_flight_running(kvt_flight* flight) { return capi::set_state(flight, FlightState::running); }

int kvt_flight_finished(kvt_flight* flight) { return capi::set_state(flight, FlightState::finished); }

int kvt_flight_failed(kvt_flight* flight, const char* message) {
  return capi::guarded([&] {
    flight->flight->fail(message);
    return 0;
  });
}

int kvt_flight_window_opened(kvt_flight* flight) {
  return capi::guarded([&] {
    flight->flight->window_opened();
    return 0;
  });
}

int kvt_counter_add(kvt_flight* flight, const char* name, int kind, uint64_t amount) {
  return capi::guarded([&] {
    flight->flight->counter(name, static_cast<CounterKind>(kind)).add(amount);
    return 0;
  });
}

int kvt_counter_raise(kvt_flight* flight, const char* name, uint64_t value) {
  return capi::guarded([&] {
    flight->flight->counter(name, CounterKind::gauge).raise_to(value);
    return 0;
  });
}

int kvt_thread_begin(kvt_flight* flight, const char* name, const char* runtime_lock) {
  return capi::guarded([&] {
    capi::bound_thread = std::make_unique<Flight::Thread>(*flight->flight, name);
    capi::runtime_lock() = runtime_lock;
    return 0;
  });
}

void kvt_thread_end(void) {
  capi::bound_thread.reset();
  capi::runtime_lock().clear();
}

void kvt_want(const char* resource, const char* where) {
  if (LockLine* line = LockLine::current(); line != nullptr) line->want(resource, where);
}

void kvt_got(void) {
  if (LockLine* line = LockLine::current(); line != nullptr) line->got();
}

void kvt_end_wait(void) {
  if (LockLine* line = LockLine::current(); line != nullptr) line->end_wait();
}

void kvt_hold(const char* resource) {
  if (LockLine* line = LockLine::current(); line != nullptr) line->hold(resource);
}

void kvt_drop(const char* resource) {
  if (LockLine* line = LockLine::current(); line != nullptr) line->drop(resource);
}

// A SimDevice whose calls answer table::Attempt's question, and handles made with a check.
#pragma once

#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <utility>

#include "core/device/sim/sim_device.h"
#include "core/device/table/attempt.h"

namespace kvtool::sim::test {

class Attempt : public table::Attempt {
 public:
  using table::Attempt::Attempt;

  // Waits until the call has returned or has said that it waits.
  bool blocks() {
    // Far more than any machine needs: only a bug of the simulator lets it pass, and then no thread can be
    // joined.
    const Answer answer = ask(std::chrono::seconds(60));
    if (answer == Answer::unknown) {
      std::fputs("a simulated call neither returned nor said what it waits for\n", stderr);
      std::abort();
    }
    return answer == Answer::blocks;
  }
};

inline SimOptions observed(DriverModel model = driver_580_cuda13()) {
  SimOptions options;
  options.model = std::move(model);
  options.on_wait = &Attempt::report;
  options.on_contended = &Attempt::report;
  return options;
}

inline StreamId new_stream(Device& device) {
  StreamId stream{};
  EXPECT_EQ(device.create_stream(&stream), Status::ok);
  return stream;
}

inline EventId new_event(Device& device) {
  EventId event{};
  EXPECT_EQ(device.create_event(&event), Status::ok);
  return event;
}

inline ModuleId new_module(Device& device) {
  ModuleId module{};
  EXPECT_EQ(device.create_module(&module), Status::ok);
  return module;
}

inline void* new_buffer(Device& device, std::size_t bytes, MemoryKind kind) {
  void* buffer = nullptr;
  EXPECT_EQ(device.allocate(bytes, kind, &buffer), Status::ok);
  return buffer;
}

}  // namespace kvtool::sim::test

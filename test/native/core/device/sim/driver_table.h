// The measured table (test/fixtures/driver-blocking-*.csv) and the same experiment on a SimDevice: a blocker
// on stream S, a first call by one thread, then a second call by another.
#pragma once

#include <gtest/gtest.h>

#include <array>
#include <cstddef>
#include <fstream>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "attempt.h"
#include "gate.h"

namespace kvtool::sim::test {

struct Cell {
  int line;  // in the file
  std::string blocker;
  std::string first;
  bool first_blocks;
  std::string second;
  bool second_blocks;
};

// One line of CSV; a field in quotes may hold commas.
inline std::vector<std::string> split_csv(const std::string& line) {
  std::vector<std::string> fields(1);
  bool quoted = false;
  for (const char c : line) {
    if (c == '"') {
      quoted = !quoted;
    } else if (c == ',' && !quoted) {
      fields.emplace_back();
    } else if (c != '\r') {
      fields.back() += c;
    }
  }
  return fields;
}

inline std::vector<Cell> read_driver_table(const std::string& path) {
  std::ifstream file(path);
  std::vector<Cell> cells;
  std::string text;
  std::getline(file, text);  // the heading
  for (int line = 2; std::getline(file, text); ++line) {
    const auto field = split_csv(text);
    if (field.size() != 5) {
      ADD_FAILURE() << path << ":" << line << ": " << field.size() << " fields, expected 5";
      continue;
    }
    cells.push_back({line, field[0], field[1], field[2] == "yes", field[3], field[4] == "yes"});
  }
  return cells;
}

// What one of the two calls works with; they end at the same time, so each has its own.
struct Buffers {
  void* on_device = nullptr;
  void* to_free = nullptr;
  void* pinned = nullptr;
  std::array<std::byte, 64 << 10> pageable{};
};

// A device with a blocker on stream S, and everything that the calls of the table need.
class Bench {
 public:
  Bench(const DriverModel& model, std::string_view blocker) : device(observed(model)) {
    s = new_stream(device);
    o = new_stream(device);
    high_priority = new_stream(device);
    event = new_event(device);
    done_event = new_event(device);
    spare_event = new_event(device);
    for (Buffers* buffers : {&first, &second}) {
      buffers->on_device = new_buffer(device, sizeof(buffers->pageable), MemoryKind::device);
      buffers->to_free = new_buffer(device, 64, MemoryKind::device);
      buffers->pinned = new_buffer(device, sizeof(buffers->pageable), MemoryKind::pinned);
    }
    cold = new_module(device);
    void* from_pool = nullptr;  // so that the pool has a block
    EXPECT_EQ(device.allocate_from_pool(1 << 20, o, &from_pool), Status::ok);
    EXPECT_EQ(device.free_to_pool(from_pool, o), Status::ok);
    EXPECT_EQ(device.record_event(done_event, o), Status::ok);
    EXPECT_EQ(device.synchronize_device(), Status::ok);
    if (blocker == "kernel that does not finish")
      EXPECT_EQ(device.launch_kernel(s, device.loaded_module(), gate.kernel()), Status::ok);
    else
      EXPECT_EQ(device.launch_host_function(s, Gate::pass, &gate), Status::ok);
    gate.wait_until_entered();
  }

  Status launch(StreamId stream) { return device.launch_kernel(stream, device.loaded_module(), {}); }
  Status launch_cold() { return device.launch_kernel(o, cold, {}); }
  static void nothing(void*) {}

  // The call of the last two rows: a host function is enqueued, and the question is whether it runs.
  Status host_function_runs(StreamId stream) {
    bool ran = false;
    const auto run = [](void* flag) { *static_cast<bool*>(flag) = true; };
    const Status status = device.launch_host_function(stream, run, &ran);
    device.settle(1);  // the blocker alone, at most, is left in user code
    if (device.query_stream(stream) == Status::not_ready) Attempt::report("stream", "host function");
    device.synchronize_stream(stream);
    EXPECT_TRUE(ran);
    return status;
  }

  SimDevice device;
  StreamId s{}, o{}, high_priority{};
  EventId event{}, done_event{}, spare_event{};
  ModuleId cold{};
  Buffers first, second;
  Gate gate{device};
};

using BenchCall = std::function<Status(Bench&)>;

// The sizes in the names are the measured ones. Here the size of a copy changes nothing, so small ones serve.
inline const std::map<std::string, BenchCall>& first_calls() {
  static const std::map<std::string, BenchCall> calls = {
      {"none", [](Bench&) { return Status::ok; }},
      {"cudaFree", [](Bench& b) { return b.device.free(b.first.to_free); }},
      {"2000 launches on S (queue full)",
       [](Bench& b) {
         for (int i = 0; i < 2000; ++i) b.launch(b.s);
         return Status::ok;
       }},
      {"cudaMemcpyAsync H2D pageable 64 MiB on S",
       [](Bench& b) {
         return b.device.copy_async(b.first.on_device, b.first.pageable.data(), b.first.pageable.size(),
                                    MemoryKind::pageable, b.s);
       }},
      {"cudaStreamSynchronize S", [](Bench& b) { return b.device.synchronize_stream(b.s); }},
      {"cudaDeviceSynchronize", [](Bench& b) { return b.device.synchronize_device(); }},
      {"first launch of a not yet loaded module, other stream", [](Bench& b) { return b.launch_cold(); }},
      {"2000 cudaLaunchHostFunc on S",
       [](Bench& b) {
         for (int i = 0; i < 2000; ++i) b.device.launch_host_function(b.s, Bench::nothing, nullptr);
         return Status::ok;
       }},
      {"cudaMemcpyAsync D2H pageable 4 B on S",
       [](Bench& b) {
         return b.device.copy_async(b.first.pageable.data(), b.first.on_device, 4, MemoryKind::pageable, b.s);
       }},
  };
  return calls;
}

inline const std::map<std::string, BenchCall>& second_calls() {
  static const BenchCall cold_launch = [](Bench& b) { return b.launch_cold(); };
  static const std::map<std::string, BenchCall> calls = {
      {"cudaSetDevice", [](Bench& b) { return b.device.set_device(); }},
      {"launch of a loaded kernel, other stream", [](Bench& b) { return b.launch(b.o); }},
      {"first launch of a not yet loaded module (16 MB __device__ variable)", cold_launch},
      {"first launch of a not yet loaded module (64 KB local memory)", cold_launch},
      {"first launch of a not yet loaded module (printf)", cold_launch},
      {"cudaLibraryLoadData",
       [](Bench& b) {
         ModuleId out{};
         return b.device.create_module(&out);
       }},
      {"cudaLaunchHostFunc, other stream (enqueue)",
       [](Bench& b) { return b.device.launch_host_function(b.o, Bench::nothing, nullptr); }},
      {"host function on another stream runs", [](Bench& b) { return b.host_function_runs(b.o); }},
      {"host function on a high-priority stream runs",
       [](Bench& b) { return b.host_function_runs(b.high_priority); }},
      {"cudaEventRecord, other stream", [](Bench& b) { return b.device.record_event(b.event, b.o); }},
      {"cudaEventQuery (done event)", [](Bench& b) { return b.device.query_event(b.done_event); }},
      {"cudaEventSynchronize (done event)",
       [](Bench& b) { return b.device.synchronize_event(b.done_event); }},
      {"cudaEventCreate", [](Bench& b) { return b.device.create_event(&b.event); }},
      {"cudaEventDestroy", [](Bench& b) { return b.device.destroy_event(b.spare_event); }},
      {"cudaStreamWaitEvent, other stream", [](Bench& b) { return b.device.wait_event(b.o, b.done_event); }},
      {"cudaStreamSynchronize, other (idle) stream",
       [](Bench& b) { return b.device.synchronize_stream(b.o); }},
      {"cudaStreamCreateWithFlags", [](Bench& b) { return b.device.create_stream(&b.high_priority); }},
      {"cudaMalloc 1 MiB",
       [](Bench& b) { return b.device.allocate(1 << 20, MemoryKind::device, &b.second.on_device); }},
      {"cudaMallocAsync (pool has it)",
       [](Bench& b) { return b.device.allocate_from_pool(1 << 20, b.o, &b.second.on_device); }},
      {"cudaFree", [](Bench& b) { return b.device.free(b.second.to_free); }},
      {"cudaMallocHost 1 MiB",
       [](Bench& b) { return b.device.allocate(1 << 20, MemoryKind::pinned, &b.second.pinned); }},
      {"cudaMemcpyAsync H2D pageable 64 KiB, other stream",
       [](Bench& b) {
         return b.device.copy_async(b.second.on_device, b.second.pageable.data(), b.second.pageable.size(),
                                    MemoryKind::pageable, b.o);
       }},
      {"cudaMemcpyAsync H2D pinned 1 MiB, other stream",
       [](Bench& b) {
         return b.device.copy_async(b.second.on_device, b.second.pinned, b.second.pageable.size(),
                                    MemoryKind::pinned, b.o);
       }},
      {"cudaMemcpy D2H 4 B",
       [](Bench& b) { return b.device.copy(b.second.pageable.data(), b.second.on_device, 4); }},
      {"cudaPointerGetAttributes",
       [](Bench& b) {
         MemoryKind kind{};
         return b.device.pointer_attributes(b.second.on_device, &kind);
       }},
      {"cudaMemGetInfo",
       [](Bench& b) {
         std::size_t free_bytes = 0, total_bytes = 0;
         return b.device.memory_info(&free_bytes, &total_bytes);
       }},
      {"cudaFuncGetAttributes",
       [](Bench& b) { return b.device.function_attributes(b.device.loaded_module()); }},
  };
  return calls;
}

}  // namespace kvtool::sim::test

#include "core/device/table/calls.h"

#include <algorithm>

namespace kvtool::table {
namespace {

constexpr int kMany = 2000;  // more than a stream's queue holds, where it is bounded
constexpr std::size_t kMib = std::size_t{1} << 20;

Status copy_in(Bench& b, Bench::Buffers& buffers, std::size_t bytes, MemoryKind kind, StreamId stream) {
  const void* source = kind == MemoryKind::pinned ? buffers.pinned : buffers.pageable.data();
  return b.device.copy_async(buffers.on_device, source, std::min(bytes, b.options.buffer_bytes), kind,
                             stream);
}

Status repeat(int times, const std::function<Status()>& call) {
  for (int i = 0; i < times; ++i)
    if (const Status status = call(); status != Status::ok) return status;
  return Status::ok;
}

}  // namespace

const std::vector<TableCall>& first_calls() {
  static const std::vector<TableCall> calls{
      {"none", [](Bench&) { return Status::ok; }},
      {"cudaFree", [](Bench& b) { return b.device.free(b.first.to_free); }},
      {"2000 launches on S (queue full)",
       [](Bench& b) { return repeat(kMany, [&] { return b.launch(b.s); }); }},
      {"cudaMemcpyAsync H2D pageable 64 MiB on S",
       [](Bench& b) { return copy_in(b, b.first, 64 * kMib, MemoryKind::pageable, b.s); }},
      {"cudaStreamSynchronize S", [](Bench& b) { return b.device.synchronize_stream(b.s); }},
      {"cudaDeviceSynchronize", [](Bench& b) { return b.device.synchronize_device(); }},
      {"first launch of a not yet loaded module, other stream",
       [](Bench& b) { return b.launch_cold(ModuleContent::large_variable); }},
      {"2000 cudaLaunchHostFunc on S",
       [](Bench& b) {
         return repeat(kMany, [&] { return b.device.launch_host_function(b.s, Bench::nothing, nullptr); });
       }},
      {"cudaMemcpyAsync D2H pageable 4 B on S",
       [](Bench& b) {
         return b.device.copy_async(b.first.pageable.data(), b.first.on_device, 4, MemoryKind::pageable, b.s);
       }},
  };
  return calls;
}

const std::vector<TableCall>& second_calls() {
  static const std::vector<TableCall> calls{
      {"cudaSetDevice", [](Bench& b) { return b.device.set_device(); }},
      {"launch of a loaded kernel, other stream", [](Bench& b) { return b.launch(b.o); }},
      {"first launch of a not yet loaded module (16 MB __device__ variable)",
       [](Bench& b) { return b.launch_cold(ModuleContent::large_variable); }},
      {"first launch of a not yet loaded module (64 KB local memory)",
       [](Bench& b) { return b.launch_cold(ModuleContent::local_memory); }},
      {"first launch of a not yet loaded module (printf)",
       [](Bench& b) { return b.launch_cold(ModuleContent::prints); }},
      {"cudaLibraryLoadData",
       [](Bench& b) {
         ModuleId out{};
         return b.device.create_module_of(ModuleContent::large_variable, &out);
       }},
      {"cudaLaunchHostFunc, other stream (enqueue)",
       [](Bench& b) { return b.device.launch_host_function(b.o, Bench::nothing, nullptr); }},
      {"host function on another stream runs", [](Bench& b) { return b.host_function_runs(b.o); }},
      {"host function on a high-priority stream runs",
       [](Bench& b) { return b.host_function_runs(b.high_priority); }},
      {"cudaEventRecord, other stream", [](Bench& b) { return b.device.record_event(b.second.event, b.o); }},
      {"cudaEventQuery (done event)", [](Bench& b) { return b.device.query_event(b.done_event); }},
      {"cudaEventSynchronize (done event)",
       [](Bench& b) { return b.device.synchronize_event(b.done_event); }},
      {"cudaEventCreate",
       [](Bench& b) {
         EventId out{};
         return b.device.create_event(&out);
       }},
      {"cudaEventDestroy", [](Bench& b) { return b.device.destroy_event(b.second.spare_event); }},
      {"cudaStreamWaitEvent, other stream", [](Bench& b) { return b.device.wait_event(b.o, b.done_event); }},
      {"cudaStreamSynchronize, other (idle) stream",
       [](Bench& b) { return b.device.synchronize_stream(b.o); }},
      {"cudaStreamCreateWithFlags",
       [](Bench& b) {
         StreamId out{};
         return b.device.create_stream(&out);
       }},
      {"cudaMalloc 1 MiB",
       [](Bench& b) {
         void* out = nullptr;
         return b.device.allocate(kMib, MemoryKind::device, &out);
       }},
      {"cudaMallocAsync (pool has it)",
       [](Bench& b) {
         void* out = nullptr;
         return b.device.allocate_from_pool(kMib, b.o, &out);
       }},
      {"cudaFree", [](Bench& b) { return b.device.free(b.second.to_free); }},
      {"cudaMallocHost 1 MiB",
       [](Bench& b) {
         void* out = nullptr;
         return b.device.allocate(kMib, MemoryKind::pinned, &out);
       }},
      {"cudaMemcpyAsync H2D pageable 64 KiB, other stream",
       [](Bench& b) { return copy_in(b, b.second, kMib / 16, MemoryKind::pageable, b.o); }},
      {"cudaMemcpyAsync H2D pinned 1 MiB, other stream",
       [](Bench& b) { return copy_in(b, b.second, kMib, MemoryKind::pinned, b.o); }},
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

      {"first launch of a not yet loaded module (plain)",
       [](Bench& b) { return b.launch_cold(ModuleContent::plain); }, true},
      {"cudaStreamQuery, other (idle) stream", [](Bench& b) { return b.device.query_stream(b.o); }, true},
      {"cudaStreamDestroy, other stream",
       [](Bench& b) { return b.device.destroy_stream(b.second.spare_stream); }, true},
      {"cudaFreeHost", [](Bench& b) { return b.device.free(b.second.pinned_to_free); }, true},
      {"cudaFreeAsync", [](Bench& b) { return b.device.free_to_pool(b.second.from_pool, b.o); }, true},
      {"cudaDeviceSynchronize", [](Bench& b) { return b.device.synchronize_device(); }, true},
  };
  return calls;
}

const std::vector<Pair>& table_pairs() {
  static const std::vector<Pair> pairs = [] {
    std::vector<Pair> made;
    for (const TableCall& call : first_calls()) made.push_back({kStuckHostFunction, call.name});
    for (const std::string_view first : {"none", "cudaFree", "2000 launches on S (queue full)",
                                         "first launch of a not yet loaded module, other stream"})
      made.push_back({kStuckKernel, first});
    return made;
  }();
  return pairs;
}

const TableCall* find_call(const std::vector<TableCall>& calls, std::string_view name) {
  const auto found =
      std::find_if(calls.begin(), calls.end(), [&](const TableCall& call) { return call.name == name; });
  return found == calls.end() ? nullptr : &*found;
}

}  // namespace kvtool::table

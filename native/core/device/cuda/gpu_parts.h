// GpuDevice::Parts: what a GpuDevice is made of. Only the gpu_device*.cc files include it.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "core/device/cuda/context.h"
#include "core/device/cuda/declared_call.h"
#include "core/device/cuda/gpu_device.h"
#include "core/device/cuda/hold_words.h"
#include "core/device/cuda/modules.h"
#include "core/device/cuda/stand_ins.h"
#include "core/device/handle_table.h"

namespace kvtool {

struct GpuDevice::Parts {
  // The driver's stream and what belongs to it.
  struct Stream {
    cuda::Handle handle = nullptr;
    std::string resource;                       // "stream:3"
    std::shared_ptr<cuda::StandIns> stand_ins;  // shared with host functions under way
    // Launches since the stream was last seen idle, for the declarations: a queue that may be full. Relaxed:
    // it decides what a line says and nothing else.
    std::atomic<unsigned> submitted{0};
  };
  struct Event {
    cuda::Handle handle = nullptr;
    std::string resource;  // "event:7"
  };
  struct LazyModule {
    cuda::Module module;
    // Relaxed: as `submitted`.
    std::atomic<bool> launched{false};
  };

  Parts(cuda::Vendor vendor, GpuOptions given);
  ~Parts();
  Parts(const Parts&) = delete;
  Parts& operator=(const Parts&) = delete;

  void load_kernels();
  void take_down();
  Status add_stream(StreamId* out, bool high_priority);
  Status add_event(EventId* out, unsigned flags);
  Status launch(cuda::Handle kernel, Stream& stream, void** arguments);
  Status launch_body(Stream& stream, KernelBody body);
  // `slot` is where the GPU finds it.
  Status launch_stamp(Stream& stream, void* slot, std::uint64_t sequence);
  Status launch_declared(StreamId stream, const std::function<Status(Stream&)>& launch_on);
  Status launch_stamp_next(Stream& stream, StampCursor cursor);
  // Which call of the driver model a submission is.
  static Call submission(const Stream& stream, Call call, Call when_full);
  Status release_memory(void* pointer, MemoryKind kind);
  Status allocate_pinned(std::size_t bytes, void** out) const;
  Status copy_bytes(void* destination, const void* source, std::size_t bytes, const Stream* stream) const;

  const GpuOptions options;
  const cuda::KernelImages images;
  cuda::ShadowLocks shadow;
  cuda::Context context;
  cuda::HoldWordsPool words;
  std::vector<void*> word_blocks;  // guarded by the pool's lock: only its block function adds
  void* scratch = nullptr;         // device memory that cold kernels write to

  Stream first_stream;  // of the kernels' first launches; a caller's first stream is number 1
  HandleTable<StreamId, Stream> streams;
  HandleTable<EventId, Event> events;
  HandleTable<ModuleId, LazyModule> modules;
  ModuleId loaded_module{};
  cuda::Handle empty_kernel = nullptr;
  cuda::Handle hold_kernel = nullptr;
  cuda::Handle stamp_kernel = nullptr;
  cuda::Handle stamp_next_kernel = nullptr;
  std::mutex transfer_lock;  // guards the pointer, which is set once
  std::unique_ptr<cuda::TransferKernels> transfer_kernels;

  std::mutex lock;                               // guards the two below
  std::map<void*, MemoryKind> memory;            // what allocate() gave out
  std::vector<std::shared_ptr<Stream>> retired;  // destroyed streams whose bodies may still have to run
};

}  // namespace kvtool

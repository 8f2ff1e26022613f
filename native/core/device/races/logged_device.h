// LoggedDevice: a Device that does what another one does, and tells an AccessLog: who enqueued what where,
// which bytes copies and KV transfers touch, and what was waited for. What kernels and host code touch, their
// author declares with AccessLog::access().
//
//   races::AccessLog log;
//   races::LoggedDevice device(sim, log);
//   device.at("B reads its blocks").copy_async(...);
//
// A call is logged after the device's own call has succeeded, so a program whose threads order their calls is
// never accused; where two threads call at the same time, no edge between them is assumed. No lock is held
// during the device's call: it blocks as it does without the log.
//
// cudaMemcpy is taken at its documentation's word, not at what usually happens: from pageable memory to the
// device it returns when the bytes are staged, and within the device before the copy has run; otherwise it is
// synchronous. The same holds for cudaMemcpyAsync with pageable memory.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "core/device/device.h"
#include "core/device/races/access_log.h"
#include "core/device/races/call_site.h"

namespace kvtool::races {

class LoggedDevice final : public Device {
 public:
  // Both must outlive it. Streams, events and memory that `device` already has may be used as well.
  LoggedDevice(Device& device, AccessLog& log) : device_(device), log_(log) {}

  AccessLog& log() { return log_; }
  // For what the log is not to know of.
  Device& below() { return device_; }

  // The words for this thread's next call that enqueues work.
  LoggedDevice& at(std::string what, CallSite where = CallSite::current()) {
    log_.label_next(std::move(what), where);
    return *this;
  }
  void name(const void* memory, std::size_t bytes, std::string name) {
    log_.name_memory(range_of(memory, bytes), std::move(name));
  }
  // The content of a list in the device's memory (slots, pointers), which transfers are told by. Of a
  // transfer whose lists are not known only the buffer's side is logged, and it is counted as unknown.
  void remember_list(const void* on_device, const void* on_host, std::size_t bytes);
  // As launch_transfer(), with the launch left to the caller.
  Status launch_transfer_by(StreamId stream, const transfer::Plan& plan,
                            const std::function<Status()>& launch);

  std::string describe(Status status) const override { return device_.describe(status); }
  std::string_view description() const override { return device_.description(); }
  Status set_device() override { return device_.set_device(); }

  Status create_stream(StreamId* out) override;
  Status create_priority_stream(StreamId* out) override;
  Status destroy_stream(StreamId stream) override;
  Status synchronize_stream(StreamId stream) override;
  Status query_stream(StreamId stream) override;
  Status synchronize_device() override;

  Status create_event(EventId* out) override { return device_.create_event(out); }
  Status destroy_event(EventId event) override;
  Status record_event(EventId event, StreamId stream) override;
  Status wait_event(StreamId stream, EventId event) override;
  Status query_event(EventId event) override;
  Status synchronize_event(EventId event) override;

  Status launch_host_function(StreamId stream, HostFunction function, void* argument) override;
  Status stamp(StreamId stream, StampSlot* slot, std::uint64_t sequence) override;
  Status stamp_next(StreamId stream, const StampCursor& cursor) override;
  Status create_module(ModuleId* out) override { return device_.create_module(out); }
  Status create_module_of(ModuleContent content, ModuleId* out) override {
    return device_.create_module_of(content, out);
  }
  Status launch_kernel(StreamId stream, ModuleId module, KernelBody body) override;
  ModuleId loaded_module() const override { return device_.loaded_module(); }
  Status launch_transfer(StreamId stream, const transfer::Plan& plan) override;

  Status allocate(std::size_t bytes, MemoryKind kind, void** out) override;
  Status free(void* pointer) override;
  Status allocate_from_pool(std::size_t bytes, StreamId stream, void** out) override;
  Status free_to_pool(void* pointer, StreamId stream) override;

  Status copy_async(void* destination, const void* source, std::size_t bytes, MemoryKind host_kind,
                    StreamId stream) override;
  Status copy(void* destination, const void* source, std::size_t bytes) override;

  Status pointer_attributes(const void* pointer, MemoryKind* out) override {
    return device_.pointer_attributes(pointer, out);
  }
  Status memory_info(std::size_t* free_bytes, std::size_t* total_bytes) override {
    return device_.memory_info(free_bytes, total_bytes);
  }
  Status function_attributes(ModuleId module) override { return device_.function_attributes(module); }

 private:
  struct Allocation {
    std::size_t bytes;
    MemoryKind kind;
  };

  Status created(Status status, const StreamId* stream);
  // `work`: as it was before the call.
  Status synchronized(Status status, const Clock& work);
  void allocated(void* memory, std::size_t bytes, MemoryKind kind);
  std::optional<Allocation> allocation(const void* pointer) const;
  // Memory that the device did not give out is pageable.
  MemoryKind kind_at(const void* pointer) const;
  std::optional<std::vector<std::byte>> list(const void* begin, std::size_t bytes) const;

  Device& device_;
  AccessLog& log_;
  mutable std::mutex lock_;  // guards all below; held only for a look-up
  std::map<std::uintptr_t, Allocation> allocations_;
  std::map<std::uintptr_t, std::vector<std::byte>> lists_;
  std::uint64_t given_out_ = 0;
};

}  // namespace kvtool::races

// HostFunctions: a Device of which only host functions work, for the recorder's scenarios. One stream, whose
// functions one actor runs in the order of their launches; a launch fails when the schedule says so.
// Templates over Rt: in the model and in real threads.
#pragma once

#include <array>
#include <cstddef>
#include <mutex>
#include <string_view>
#include <utility>

#include "core/device/device.h"
#include "core/recorder/recorder_state.h"

namespace kvtool::recorder_family {

template <class Rt>
class HostFunctions final : public Device {
 public:
  static constexpr unsigned kMost = 8;  // launches in one execution

  // `may_fail`: every launch is explored failing as well. `tells`: a failure is returned to the caller; false
  // is what a caller sees that does not look.
  explicit HostFunctions(bool may_fail = false, bool tells = true) : may_fail_(may_fail), tells_(tells) {}

  Status launch_host_function(StreamId, HostFunction function, void* argument) override {
    if (may_fail_ && Rt::choose(2) == 1) return tells_ ? Status::launch_failure : Status::ok;
    bool wake = false;
    {
      const std::lock_guard guard(mutex_);
      Queue& queue = queue_.write();
      queue.work[queue.launched++] = {function, argument, identity(argument)};
      wake = std::exchange(queue.idle, false);
    }
    if (wake) changed_.notify_all();
    return Status::ok;
  }

  // The stream's work that was launched before is done.
  Status synchronize_stream(StreamId) override {
    std::unique_lock lock(mutex_);
    const unsigned launched = queue_.read().launched;
    while (queue_.read().done < launched) {
      queue_.write().awaited = true;
      done_.wait(lock);
    }
    return Status::ok;
  }

  // The driver's thread. Returns once no_more() was called and every function has run.
  void serve() {
    for (;;) {
      Rt::local_state();  // the queue says it all
      Work next;
      {
        std::unique_lock lock(mutex_);
        while (queue_.read().done == queue_.read().launched && !queue_.read().no_more) {
          queue_.write().idle = true;
          changed_.wait(lock);
        }
        if (queue_.read().done == queue_.read().launched) return;
        next = queue_.read().work[queue_.read().done];
      }
      next.function(next.argument);
      bool wake = false;
      {
        const std::lock_guard guard(mutex_);
        queue_.write().done++;
        wake = std::exchange(queue_.write().awaited, false);
      }
      if (wake) done_.notify_all();
    }
  }
  void no_more() {
    {
      const std::lock_guard guard(mutex_);
      queue_.write().no_more = true;
    }
    changed_.notify_all();
  }
  // Launched and not run yet.
  unsigned queued() const {
    const std::lock_guard guard(mutex_);
    return queue_.read().launched - queue_.read().done;
  }

  std::string_view description() const override { return "host functions"; }
  Status set_device() override { return Status::ok; }
  Status create_stream(StreamId*) override { return Status::not_supported; }
  Status destroy_stream(StreamId) override { return Status::not_supported; }
  Status query_stream(StreamId) override { return Status::not_supported; }
  Status synchronize_device() override { return Status::not_supported; }
  Status create_event(EventId*) override { return Status::not_supported; }
  Status destroy_event(EventId) override { return Status::not_supported; }
  Status record_event(EventId, StreamId) override { return Status::not_supported; }
  Status wait_event(StreamId, EventId) override { return Status::not_supported; }
  Status query_event(EventId) override { return Status::not_supported; }
  Status synchronize_event(EventId) override { return Status::not_supported; }
  Status create_module(ModuleId*) override { return Status::not_supported; }
  Status launch_kernel(StreamId, ModuleId, KernelBody) override { return Status::not_supported; }
  ModuleId loaded_module() const override { return ModuleId{0}; }
  Status allocate(std::size_t, MemoryKind, void**) override { return Status::not_supported; }
  Status free(void*) override { return Status::not_supported; }
  Status allocate_from_pool(std::size_t, StreamId, void**) override { return Status::not_supported; }
  Status free_to_pool(void*, StreamId) override { return Status::not_supported; }
  Status copy_async(void*, const void*, std::size_t, MemoryKind, StreamId) override {
    return Status::not_supported;
  }
  Status copy(void*, const void*, std::size_t) override { return Status::not_supported; }
  Status pointer_attributes(const void*, MemoryKind*) override { return Status::not_supported; }
  Status memory_info(std::size_t*, std::size_t*) override { return Status::not_supported; }
  Status function_attributes(ModuleId) override { return Status::not_supported; }

 private:
  struct Work {
    HostFunction function = nullptr;
    void* argument = nullptr;
    explore::Hash128 identity = {};
  };
  struct Queue {
    std::array<Work, kMost> work;
    unsigned launched = 0, done = 0;
    bool no_more = false;
    bool idle = false;     // serve() waits
    bool awaited = false;  // synchronize_stream() waits

    explore::Hash128 fingerprint() const {
      explore::Hash128 hash;
      for (const unsigned number : {launched, done}) hash.mix(number);
      hash.mix((no_more ? 1U : 0U) | (idle ? 2U : 0U) | (awaited ? 4U : 0U));
      for (unsigned i = done; i < launched; ++i) hash.mix(work[i].identity);
      return hash;
    }
  };

  // For a search, which must not know addresses: what the recorder hands over is a slot with its event.
  static explore::Hash128 identity(void* argument) {
    explore::Hash128 hash;
    if constexpr (Rt::kIsModel) {
      const auto* slot = static_cast<const Slot<Rt>*>(argument);
      hash = slot->event.read().fingerprint();
      hash.mix(slot->owner->number_of(slot));
    }
    return hash;
  }

  const bool may_fail_, tells_;
  mutable typename Rt::mutex mutex_{"stream"};
  // With mutex_: something was launched or nothing more will be; the stream is empty.
  typename Rt::condvar changed_{"launched"}, done_{"stream done"};
  typename Rt::template plain<Queue> queue_;
};

}  // namespace kvtool::recorder_family

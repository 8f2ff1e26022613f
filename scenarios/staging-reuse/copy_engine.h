// CopyEngine: streams that copy between slots of a SlotMemory, each an actor: what is enqueued runs in order
// within a stream, at any time later. A copy may be told to come after copies on other streams (an event),
// and the host may wait for one.
#pragma once

#include <array>
#include <cstdint>
#include <mutex>
#include <optional>
#include <type_traits>
#include <utility>

#include "core/pool/slot_hazards.h"
#include "core/pool/slot_memory.h"

namespace kvtool::staging_reuse {

template <class Rt, unsigned kStreams>
class CopyEngine {
 public:
  using Memory = pool::SlotMemory<Rt>;
  using Fence = typename pool::SlotHazards<kStreams>::Fence;
  struct Copy {
    pool::SlotId from, to;
    std::uint32_t number;  // the user's
    Fence after;
  };
  static constexpr std::uint32_t kMost = 16;  // copies on one stream

  explicit CopyEngine(Memory& memory) : memory_(memory) {}

  // Thread-safe. REQUIRES: at most kMost on a stream, before close().
  pool::Ticket enqueue(unsigned stream, const Copy& copy) {
    pool::Ticket ticket = 0;
    {
      const std::lock_guard guard(mutex_);
      ticket = state_.update([&](State& state) {
        Queue& queue = state.queues[stream];
        queue.copies[queue.enqueued++] = copy;
        return queue.enqueued;
      });
    }
    work_[stream].release();
    return ticket;
  }
  // Until that copy, and all before it on its stream, are done.
  void wait(unsigned stream, pool::Ticket ticket) {
    std::unique_lock lock(mutex_);
    while (state_.get([=](const State& state) { return state.queues[stream].completed < ticket; }))
      done_.wait(lock);
  }
  // No more copies: run() returns when it has done what there is.
  void close() {
    for (auto& work : work_) work.release();
  }

  // The body of a stream's actor. `on_done(copy)` runs after each copy.
  template <class OnDone>
  void run(unsigned stream, OnDone on_done) {
    for (;;) {
      work_[stream].acquire();
      const auto copy = next(stream);
      if (!copy) return;
      for (unsigned other = 0; other < kStreams; ++other)
        if (copy->after[other] > 0) wait(other, copy->after[other]);
      Rt::perturb("copy-engine:before-copy");
      memory_.copy(copy->from, copy->to);
      on_done(*copy);
      const std::lock_guard guard(mutex_);
      state_.update([=](State& state) { ++state.queues[stream].completed; });
      done_.notify_all();
    }
  }

 private:
  struct Queue {
    std::array<Copy, kMost> copies{};
    std::uint32_t enqueued = 0, completed = 0;
  };
  struct State {
    std::array<Queue, kStreams> queues{};
  };
  static_assert(std::has_unique_object_representations_v<State>);

  std::optional<Copy> next(unsigned stream) {
    const std::lock_guard guard(mutex_);
    return state_.get([=](const State& state) -> std::optional<Copy> {
      const Queue& queue = state.queues[stream];
      if (queue.completed == queue.enqueued) return std::nullopt;
      return queue.copies[queue.completed];
    });
  }

  typename Rt::mutex mutex_{"streams"};  // guards state_
  typename Rt::condvar done_{"copy done"};
  typename Rt::template plain<State> state_;
  std::array<typename Rt::semaphore, kStreams> work_ = make_work(std::make_index_sequence<kStreams>());
  Memory& memory_;

  template <std::size_t... I>
  static std::array<typename Rt::semaphore, kStreams> make_work(std::index_sequence<I...>) {
    return {((void)I, typename Rt::semaphore(0, "work"))...};
  }
};

}  // namespace kvtool::staging_reuse

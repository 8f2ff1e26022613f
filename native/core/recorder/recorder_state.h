// RecorderState: the part of a recorder that host functions touch, so it may outlive the recorder.
//
// Who frees it: the recorder does, unless host functions are still in flight when it is destroyed. Then it
// lingers, and an ordinary thread frees it in the first sweep after the last of them ran (Rt::linger). A host
// function never frees it: it runs on the driver's thread, inside a stream.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <utility>
#include <vector>

#include "core/recorder/clock_anchor.h"
#include "core/recorder/event.h"
#include "core/recorder/recorder_stats.h"
#include "core/recorder/slot.h"
#include "core/runtime/lingering.h"
#include "core/runtime/real_clock.h"

namespace kvtool {

// Why wait() returned.
enum class Wake : std::uint8_t { events, closed, timeout };

// Whether an event found a slot.
enum class Claim : std::uint8_t { taken, full, closed };

template <class Rt>
class RecorderState final : public Lingering {
 public:
  RecorderState(std::size_t capacity, const ClockAnchor& anchor) : anchor_(anchor), slots_(capacity) {
    Shared& shared = shared_.write();
    for (Slot<Rt>& slot : slots_) {
      slot.owner = this;
      shared.free.push_back(&slot);
    }
    shared.counts.capacity = capacity;
  }

  // Acquire pairs with the releases below: whoever sees 0 sees all that the last host function did.
  bool finished() const override { return pins_.load(std::memory_order_acquire) == 0; }

  // From 0, in the order in which they are first used.
  std::uint64_t number_of(const Slot<Rt>* slot) const {
    return static_cast<std::uint64_t>(slot - slots_.data());
  }

  // Takes a slot for a host function, which counts as in flight from here on.
  Claim claim_for_launch(Slot<Rt>** out) {
    const std::lock_guard guard(mutex_);
    const Claim claim = claim_locked(out);
    if (claim != Claim::taken) return claim;
    shared_.write().counts.in_flight++;
    // Relaxed: the launch that follows hands the slot, and this count with it, to the host function.
    pins_.fetch_add(1, std::memory_order_relaxed);
    return claim;
  }

  // The device refused the host function: nothing was scheduled and the slot is free again.
  void launch_failed(Slot<Rt>* slot) {
    bool idle = false;
    {
      const std::lock_guard guard(mutex_);
      Shared& shared = shared_.write();
      shared.counts.scheduled--;
      shared.counts.launch_failed++;
      idle = --shared.counts.in_flight == 0;
      shared.free.push_back(slot);
    }
    if (idle) idle_.notify_all();
    pins_.fetch_sub(1, std::memory_order_release);
  }

  // The host function ran; called on the driver's thread. Neither allocates nor frees: the event stays in the
  // slot that was prepared for it, and the only lock is one that nobody holds across more than a few stores.
  // (A model takes down by an exception whoever is parked in here.)
  void complete(Slot<Rt>* slot, std::uint64_t now_ns) noexcept(!Rt::kIsModel) {
    stamp(slot->event.write(), now_ns);
    Rt::perturb("recorder:before-ready");
    bool first = false;
    bool idle = false;
    {
      const std::lock_guard guard(mutex_);
      Shared& shared = shared_.write();
      idle = --shared.counts.in_flight == 0;
      if (shared.closed) {
        shared.counts.discarded_late++;
        shared.free.push_back(slot);  // its event is still inside: that memory goes when the state goes
      } else {
        first = make_ready_locked(slot);
      }
    }
    Rt::perturb("recorder:before-wake");
    if (first) ready_.notify_all();
    if (idle) idle_.notify_all();
    // The last touch, because the state may be freed from here on. Release: all of the above comes before
    // that.
    pins_.fetch_sub(1, std::memory_order_release);
  }

  // An event that has happened: stamped and ready at once. Refused, it is left with its owner.
  Claim record(Event& event, std::uint64_t happened_ns) {
    stamp(event, happened_ns);
    bool first = false;
    {
      const std::lock_guard guard(mutex_);
      Slot<Rt>* slot = nullptr;
      if (const Claim claim = claim_locked(&slot); claim != Claim::taken) return claim;
      slot->event.write() = std::move(event);
      first = make_ready_locked(slot);
    }
    if (first) ready_.notify_all();
    return Claim::taken;
  }

  // Appends at most `limit` pending events to `out`, oldest first; returns how many. If `out` cannot grow,
  // nothing is lost.
  std::size_t drain(std::vector<Event>& out, std::size_t limit) {
    const std::lock_guard one_drainer(drain_mutex_);
    SlotChain<Rt>& backlog = backlog_.write();
    {
      const std::lock_guard guard(mutex_);
      backlog.append(shared_.write().ready);
    }
    const std::size_t count = std::min(limit, backlog.size());
    // Doubled as push_back would: exact reserves would move all of `out` in every call of a drainer that
    // collects.
    if (out.capacity() - out.size() < count) out.reserve(std::max(out.size() + count, 2 * out.capacity()));
    SlotChain<Rt> emptied;
    for (std::size_t i = 0; i < count; ++i) {
      Slot<Rt>* slot = backlog.pop_front();
      out.push_back(std::exchange(slot->event.write(), Event{}));
      emptied.push_back(slot);
    }
    Rt::perturb("recorder:before-release");
    const std::lock_guard guard(mutex_);
    Shared& shared = shared_.write();
    shared.counts.drained += count;
    shared.counts.pending -= count;
    emptied.append(shared.free);  // in front of the others: these slots are still in the cache
    shared.free.append(emptied);
    return count;
  }

  Wake wait(std::chrono::nanoseconds timeout) {
    const std::uint64_t deadline = deadline_after<typename Rt::clock>(timeout);
    bool expired = timeout <= std::chrono::nanoseconds::zero();
    std::unique_lock lock(mutex_);
    for (;;) {
      const Shared& shared = shared_.read();
      if (shared.counts.pending > 0) return Wake::events;
      if (shared.closed) return Wake::closed;
      if (expired) return Wake::timeout;
      if (timeout == kForever)
        ready_.wait(lock);
      else
        expired = !ready_.wait_until(lock, deadline);
    }
  }

  // Refuses new events, waits until no host function is in flight or `timeout` has passed, then closes: a
  // host function that runs later is discarded. Returns how many those may be.
  std::uint64_t close(std::chrono::nanoseconds timeout) {
    const std::uint64_t deadline = deadline_after<typename Rt::clock>(timeout);
    bool expired = timeout <= std::chrono::nanoseconds::zero();
    std::uint64_t in_flight = 0;
    {
      std::unique_lock lock(mutex_);
      shared_.write().refusing = true;
      while (shared_.read().counts.in_flight > 0 && !expired) {
        if (timeout == kForever)
          idle_.wait(lock);
        else
          expired = !idle_.wait_until(lock, deadline);
      }
      shared_.write().closed = true;
      in_flight = shared_.read().counts.in_flight;
    }
    ready_.notify_all();
    return in_flight;
  }

  RecorderStats stats() const {
    const std::lock_guard guard(mutex_);
    RecorderStats copy = shared_.read().counts;
    copy.stamped = copy.drained + copy.pending;
    copy.free_slots = shared_.read().free.size();
    return copy;
  }

 private:
  struct Shared {
    SlotChain<Rt> free;
    SlotChain<Rt> ready;  // oldest first
    RecorderStats counts;
    bool refusing = false;  // close() has begun: no new events
    bool closed = false;    // close() has ended: no more events from host functions either

    // For a model's search.
    explore::Hash128 fingerprint() const {
      explore::Hash128 hash = explore::fingerprint(counts);
      hash.mix(free.fingerprint());
      hash.mix(ready.fingerprint());
      hash.mix((refusing ? 1U : 0U) | (closed ? 2U : 0U));
      return hash;
    }
  };

  void stamp(Event& event, std::uint64_t now_ns) const {
    event.monotonic_ns = now_ns;
    event.timestamp_ns = anchor_.timestamp(now_ns);
  }

  // REQUIRES: mutex_ held.
  Claim claim_locked(Slot<Rt>** out) {
    Shared& shared = shared_.write();
    if (shared.refusing) {
      shared.counts.refused_closed++;
      return Claim::closed;
    }
    if (shared.free.size() == 0) {
      shared.counts.refused_full++;
      return Claim::full;
    }
    *out = shared.free.pop_front();
    shared.counts.scheduled++;
    return Claim::taken;
  }

  // REQUIRES: mutex_ held. True when a waiting drainer must be woken: while events are pending nobody waits.
  bool make_ready_locked(Slot<Rt>* slot) {
    Shared& shared = shared_.write();
    shared.ready.push_back(slot);
    return shared.counts.pending++ == 0;
  }

  const ClockAnchor anchor_;
  // Sized once. Which thread may touch a slot follows from the chain or the host function that has it.
  std::vector<Slot<Rt>> slots_;

  // Guards shared_. Private to the recorder and held for a few stores only: never across an allocation, a
  // device call, a subscriber or another lock. A host function may wait for it because of exactly that.
  mutable typename Rt::mutex mutex_{"recorder"};
  typename Rt::template plain<Shared> shared_;
  typename Rt::condvar ready_{"event pending"};  // with mutex_: pending rose from 0, or closed
  typename Rt::condvar idle_{"none in flight"};  // with mutex_: in_flight fell to 0

  // Guards backlog_: one drainer at a time. Taken before mutex_, and never by a host function.
  typename Rt::mutex drain_mutex_{"one drainer"};
  // Taken from `ready` in one step and handed out from here, so that mutex_ is not held while events are
  // moved. Its events are still pending, and its slots still count against the capacity.
  typename Rt::template plain<SlotChain<Rt>> backlog_;

  // How many host functions may still touch this object. Apart from in_flight, because complete() needs the
  // locks and conditions above until after it has counted itself out there. Atomic: the last touch cannot be
  // under a lock.
  typename Rt::template atomic<std::uint64_t> pins_{0};
};

}  // namespace kvtool

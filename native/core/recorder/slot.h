// Slot and SlotChain: the recorder's preallocated places for events, and the lists that they move between. A
// slot is in exactly one place at any time: the free chain, a host function in flight, the ready chain, or a
// drainer.
#pragma once

#include <cstddef>
#include <utility>

#include "core/recorder/event.h"

namespace kvtool {

template <class Rt>
class RecorderState;

template <class Rt>
struct Slot;

template <class Rt>
struct SlotLink {
  Slot<Rt>* to = nullptr;
  // For a model's search, which must not know addresses.
  explore::Hash128 fingerprint() const {
    explore::Hash128 hash;
    hash.mix(to == nullptr ? 0 : 1 + to->owner->number_of(to));
    return hash;
  }
};

template <class Rt>
struct Slot {
  // Both belong to whoever has the slot: nothing in here is shared, ownership moves under the recorder's
  // lock.
  typename Rt::template plain<Event> event;
  typename Rt::template plain<SlotLink<Rt>> next;
  // Set once, before the slot is first handed out. The state owns the slot, and outlives every slot in
  // flight.
  RecorderState<Rt>* owner = nullptr;
};

// A first-in first-out list through Slot::next; moving a whole chain costs the same as moving one slot. It
// does not synchronise and owns nothing.
template <class Rt>
class SlotChain {
 public:
  SlotChain() = default;
  SlotChain(const SlotChain&) = delete;
  SlotChain& operator=(const SlotChain&) = delete;

  std::size_t size() const { return size_; }

  void push_back(Slot<Rt>* slot) {
    slot->next.write().to = nullptr;
    if (size_++ == 0)
      head_ = slot;
    else
      tail_->next.write().to = slot;
    tail_ = slot;
  }

  // REQUIRES: not empty.
  Slot<Rt>* pop_front() {
    Slot<Rt>* slot = head_;
    head_ = slot->next.read().to;
    if (--size_ == 0) tail_ = nullptr;
    return slot;
  }

  // Moves all of `other` behind this chain's slots.
  void append(SlotChain& other) {
    if (other.size_ == 0) return;
    if (size_ == 0)
      head_ = other.head_;
    else
      tail_->next.write().to = other.head_;
    tail_ = std::exchange(other.tail_, nullptr);
    size_ += std::exchange(other.size_, 0);
    other.head_ = nullptr;
  }

  // For a model's search; what lies between the ends is in the slots' links.
  explore::Hash128 fingerprint() const {
    explore::Hash128 hash;
    hash.mix(size_);
    if (size_ > 0) {
      hash.mix(SlotLink<Rt>{head_}.fingerprint());
      hash.mix(SlotLink<Rt>{tail_}.fingerprint());
    }
    return hash;
  }

 private:
  Slot<Rt>* head_ = nullptr;
  Slot<Rt>* tail_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace kvtool

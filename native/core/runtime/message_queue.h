// MessageQueue: a bounded first-in, first-out queue between threads: one mutex, two condition variables. The
// same template runs for real and in the model, where it is a handful of steps that a search sees through.
//
//   MessageQueue<Rt, Report, 8> reports("reports");
//   reports.send({.handle = 1});             // waits while 8 are in it
//   const Report report = reports.receive(); // waits while none is
//
// T: copyable, with a default value; for a model also with a fingerprint (see explorer/fingerprint.h).
// Thread-safe, for any number of senders and receivers.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string_view>
#include <utility>

#include "core/explorer/fingerprint.h"

namespace kvtool {

template <class Rt, class T, std::size_t kCapacity>
class MessageQueue {
  static_assert(kCapacity > 0);

 public:
  // `name`: of the lock, in a model's reports; a literal.
  explicit MessageQueue(std::string_view name = "queue") : mutex_(name) {}
  MessageQueue(const MessageQueue&) = delete;
  MessageQueue& operator=(const MessageQueue&) = delete;

  void send(const T& message) {
    std::unique_lock lock(mutex_);
    while (!push(message)) room_.wait(lock);
    sent_.notify_one();
  }
  // False when the queue is full.
  bool try_send(const T& message) {
    const std::lock_guard guard(mutex_);
    if (!push(message)) return false;
    sent_.notify_one();
    return true;
  }

  T receive() {
    std::unique_lock lock(mutex_);
    for (;;) {
      if (const std::optional<T> message = pop()) return *message;
      sent_.wait(lock);
    }
  }
  // Nothing when the queue is empty.
  std::optional<T> try_receive() {
    const std::lock_guard guard(mutex_);
    return pop();
  }
  // Nothing when none came before `deadline_ns`, on the scale of Rt::clock::monotonic_ns().
  std::optional<T> receive_until(std::uint64_t deadline_ns) {
    std::unique_lock lock(mutex_);
    for (bool in_time = true;;) {
      if (const std::optional<T> message = pop(); message || !in_time) return message;
      in_time = sent_.wait_until(lock, deadline_ns);
    }
  }

 private:
  struct State {
    std::array<T, kCapacity> slots{};
    std::size_t first = 0, count = 0;

    // What is in the queue, wherever in the slots it lies.
    explore::Hash128 fingerprint() const requires explore::kHasFingerprint<T> {
      explore::Hash128 hash;
      for (std::size_t i = 0; i < count; ++i) mix_fingerprint(hash, slots[(first + i) % kCapacity]);
      hash.mix(count);
      return hash;
    }
  };

  // REQUIRES: mutex_ is held.
  bool push(const T& message) {
    return state_.update([&message](State& state) {
      if (state.count == kCapacity) return false;
      state.slots[(state.first + state.count++) % kCapacity] = message;
      return true;
    });
  }
  // REQUIRES: mutex_ is held.
  std::optional<T> pop() {
    std::optional<T> message = state_.update([](State& state) -> std::optional<T> {
      if (state.count == 0) return std::nullopt;
      --state.count;
      return std::move(state.slots[std::exchange(state.first, (state.first + 1) % kCapacity)]);
    });
    // For every message: the first of several waiting senders may not have woken yet when there is room for
    // the next.
    if (message) room_.notify_one();
    return message;
  }

  typename Rt::mutex mutex_;  // guards state_
  typename Rt::condvar sent_{"message"}, room_{"room for a message"};
  typename Rt::template plain<State> state_;
};

}  // namespace kvtool

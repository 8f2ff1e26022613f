// TransferGate: staging buffers shared by requests that each gather into one by a kernel and ship it by a
// copy. Whoever is inside has a buffer to himself from the kernel's launch to the copy's enqueue (or
// completion, if he stays that long): without it two requests enqueue kernel, kernel, copy, copy, and the
// first copy ships the second request's rows.
//
//   TransferGate<RealRuntime> gate(1);              // one buffer, one stream: a lock over the pair
//   {
//     const auto pass = gate.enter();               // waits for a free buffer
//     launch_kernel(pass.buffer(), stream);
//     enqueue_copy(pass.buffer(), stream);
//   }                                               // same stream: the next pair is ordered behind this one
//
// With as many buffers as requests nobody waits. Several buffers on several streams: stay inside until the
// copy is done. Thread-safe. RULE: do not wait for a language runtime's lock inside; whoever holds that lock
// may be waiting to enter.
#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <utility>
#include <vector>

#include "core/pool/block_types.h"

namespace kvtool::pool {

// The default. A policy with kExclusive false lets everybody in at once, on buffer 0.
struct ExclusiveGate {
  static constexpr bool kExclusive = true;
};

template <class Rt, class Policy = ExclusiveGate>
class TransferGate {
 public:
  // Throws std::invalid_argument when there are no buffers.
  explicit TransferGate(std::uint32_t buffers) : free_(all(buffers)) {}
  TransferGate(const TransferGate&) = delete;
  TransferGate& operator=(const TransferGate&) = delete;

  // Leaves the gate when it goes out of scope. Must not outlive the gate.
  class Pass {
   public:
    Pass(TransferGate& gate, std::uint32_t buffer) : gate_(&gate), buffer_(buffer) {}
    Pass(Pass&& other) noexcept : gate_(std::exchange(other.gate_, nullptr)), buffer_(other.buffer_) {}
    Pass(const Pass&) = delete;
    Pass& operator=(const Pass&) = delete;
    Pass& operator=(Pass&&) = delete;
    ~Pass() {
      if (gate_ != nullptr) gate_->leave(buffer_);
    }
    std::uint32_t buffer() const { return buffer_; }

   private:
    TransferGate* gate_;
    std::uint32_t buffer_;
  };

  [[nodiscard]] Pass enter() {
    if constexpr (!Policy::kExclusive) return Pass(*this, 0);
    std::unique_lock lock(mutex_);
    for (;;) {
      if (const auto buffer = take(); buffer != kNone) return Pass(*this, buffer);
      freed_.wait(lock);
    }
  }
  // Nothing when every buffer is in use.
  [[nodiscard]] std::optional<Pass> try_enter() {
    if constexpr (!Policy::kExclusive) return Pass(*this, 0);
    const std::lock_guard guard(mutex_);
    const auto buffer = take();
    if (buffer == kNone) return std::nullopt;
    return Pass(*this, buffer);
  }

 private:
  // Last left first: its lines are the warmest.
  std::uint32_t take() {
    return free_.update([](std::vector<std::uint32_t>& free) {
      if (free.empty()) return kNone;
      const std::uint32_t last = free.back();
      free.pop_back();
      return last;
    });
  }
  void leave(std::uint32_t buffer) {
    if constexpr (!Policy::kExclusive) return;
    const std::lock_guard guard(mutex_);
    free_.update([buffer](std::vector<std::uint32_t>& free) { free.push_back(buffer); });
    freed_.notify_one();
  }
  static std::vector<std::uint32_t> all(std::uint32_t buffers) {
    if (buffers == 0) throw std::invalid_argument("a transfer gate needs at least one buffer");
    std::vector<std::uint32_t> free(buffers);
    for (std::uint32_t i = 0; i < buffers; ++i) free[i] = buffers - 1 - i;
    return free;
  }

  typename Rt::mutex mutex_{"gate"};  // guards free_; never held outside of this class
  typename Rt::condvar freed_{"buffer freed"};
  typename Rt::template plain<std::vector<std::uint32_t>> free_;
};

}  // namespace kvtool::pool

// first-error-frees: a request's block is filled by several transfers. One of them fails, the scheduler gives
// the block to another request, and what a sibling had posted still lands in it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

#include "core/explorer/program.h"
#include "core/runtime/message_queue.h"

namespace kvtool::first_error_frees {

enum class Free : std::uint8_t {
  at_the_first_error,
  after_asking_to_stop,   // the siblings are told, and not waited for
  when_all_have_stopped,  // whatever their results
};

template <class Rt, Free when>
class FirstErrorFrees {
 public:
  static constexpr bool kMayBeAbandoned = true;
  static constexpr unsigned kMostHandles = 4;
  static unsigned actor_count(unsigned handles) { return 1 + handles; }
  static std::string actor_name(unsigned actor) { return actor == 0 ? "S" : explore::numbered("H", actor); }

  explicit FirstErrorFrees(unsigned handles) : handles_(handles) {}

  void run(unsigned actor) {
    if (actor == 0)
      schedule();
    else
      transfer(actor - 1);
  }

 private:
  enum class Content : std::uint8_t { nothing, transferred, next_owners };
  enum class Result : std::uint8_t { done, failed };

  // One handle's part of the block. Whether the transfer fails depends on its peer.
  void transfer(unsigned handle) {
    Result result = Rt::choose(2) == 0 ? Result::done : Result::failed;
    if (stop_.load(std::memory_order_acquire)) result = Result::failed;
    Rt::perturb("first-error-frees:posted");
    // From here on nobody can call it back.
    if (result == Result::done) block_[handle].store(Content::transferred, std::memory_order_relaxed);
    results_.send(result);
  }

  void schedule() {
    bool failed = false;
    for (unsigned stopped = 0; stopped < handles_; ++stopped) {
      failed |= results_.receive() == Result::failed;
      if (failed && when != Free::when_all_have_stopped) break;
    }
    if (failed && when == Free::after_asking_to_stop) stop_.store(true, std::memory_order_release);
    if (failed)
      use_for_another_request();
    else
      expect(Content::transferred, "I2: a request reads all that was transferred for it");
  }
  void use_for_another_request() {
    for (unsigned part = 0; part < handles_; ++part)
      block_[part].store(Content::next_owners, std::memory_order_relaxed);
    Rt::perturb("first-error-frees:reassigned");
    expect(Content::next_owners, "I2: a block's new owner reads what a transfer wrote for the old one");
  }
  void expect(Content content, const char* otherwise) const {
    for (unsigned part = 0; part < handles_; ++part)
      Rt::check(block_[part].load(std::memory_order_relaxed) == content, otherwise);
  }

  // Atomic, because a network card writes it, which no lock of the host holds off.
  using Part = typename Rt::template atomic<Content>;
  static constexpr std::array kNames = {"H1's part", "H2's part", "H3's part", "H4's part"};
  const unsigned handles_;
  std::array<Part, kMostHandles> block_ = make_block(std::make_index_sequence<kMostHandles>());
  typename Rt::template atomic<bool> stop_{false, "stop"};
  MessageQueue<Rt, Result, kMostHandles> results_{"results"};

  template <std::size_t... I>
  static std::array<Part, kMostHandles> make_block(std::index_sequence<I...>) {
    return {Part(Content::nothing, kNames[I])...};
  }
};

}  // namespace kvtool::first_error_frees

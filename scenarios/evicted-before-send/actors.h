// evicted-before-send: prefill is done; an asynchronous sender will look the block up by its hash. Meanwhile
// the scheduler evicts it. The sender logs an error and sends nothing; the receiver waits for ever.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "core/explorer/program.h"
#include "core/pool/block_manager.h"
#include "core/runtime/message_queue.h"
#include "core/runtime/real_clock.h"
#include "peek-then-claim/block_pool.h"

namespace kvtool::evicted_before_send {

enum class Handover : std::uint8_t {
  silent,       // an error is logged, and nothing is sent
  replies,      // an error is sent
  gives_up,     // nothing is sent; the receiver waits for a limited time
  stays_pinned  // from completion to sent; and an error would be sent
};

template <class Rt, Handover kHandover>
class Transfer {
 public:
  static constexpr unsigned kActors = 3;
  static constexpr bool kMayBeAbandoned = true;

  Transfer() : manager_(block_pool::shape_of(1, 0)) {
    manager_.preload(0, kHash, kContent);
    if constexpr (kHandover == Handover::stays_pinned) manager_.pool().pin(0);
  }

  static const char* actor_name(unsigned actor) {
    return actor == 0 ? "scheduler" : actor == 1 ? "sender" : "receiver";
  }

  void run(unsigned actor) {
    if (actor == 0) return evict();
    if (actor == 1) return send();
    receive();
  }
  void finish() { manager_.check_at_rest(); }

 private:
  static constexpr pool::ContentHash kHash = 'B';
  static constexpr std::uint64_t kContent = 'B', kFailure = 1;

  void evict() {
    const auto block = manager_.allocate();
    if (!block) return;
    manager_.memory().write(manager_.slot_at(*block, pool::Level::primary), block_pool::kNewTokens);
    manager_.unpin(*block);
  }
  void send() {
    const auto found = manager_.find_and_pin(kHash);
    if (found) {
      const std::uint64_t content = manager_.memory().read(found->slot, 0);
      Rt::check(content == manager_.memory().read(found->slot, 1), "I2: a torn read");
      mailbox_.send(content);
      manager_.unpin(found->block);
      if constexpr (kHandover == Handover::stays_pinned) manager_.unpin(found->block);
    } else if constexpr (kHandover == Handover::replies || kHandover == Handover::stays_pinned) {
      mailbox_.send(kFailure);
    }
  }
  void receive() {
    std::optional<std::uint64_t> message;
    if constexpr (kHandover == Handover::gives_up)
      message = mailbox_.receive_until(deadline_after<typename Rt::clock>(std::chrono::milliseconds(50)));
    else
      message = mailbox_.receive();
    if (!message) return;
    Rt::check(*message == kContent || (*message == kFailure && kHandover == Handover::replies),
              "I2: the receiver gets other content than it asked for");
  }

  pool::BlockManager<Rt> manager_;
  MessageQueue<Rt, std::uint64_t, 1> mailbox_{"mailbox"};
};

}  // namespace kvtool::evicted_before_send

#include "core/runtime/message_queue.h"

#include <gtest/gtest.h>

#include <array>
#include <chrono>

#include "core/explorer/explorer.h"
#include "core/runtime/model_runtime.h"
#include "core/runtime/real_runtime.h"
#include "support/scenario_real.h"

namespace kvtool {
namespace {

using explore::Conclusion;

using explore::ProgramOf;

// Senders with numbered messages and receivers that share them.
template <class Rt, std::size_t kCapacity, unsigned kSenders, unsigned kReceivers>
struct Traffic {
  static constexpr bool kMayBeAbandoned = true;
  static constexpr unsigned kActors = kSenders + kReceivers;
  struct Message {
    std::uint32_t sender = 0, number = 0;
  };

  explicit Traffic(unsigned messages) : messages_(messages) {}

  void run(unsigned actor) {
    if (actor < kSenders) {
      for (std::uint32_t number = 1; number <= messages_; ++number) queue_.send({actor, number});
      return;
    }
    std::array<std::uint32_t, kSenders> last{};
    for (unsigned i = 0; i < messages_ * kSenders / kReceivers; ++i) {
      const Message message = queue_.receive();
      Rt::check(message.number > last[message.sender], "a sender's messages come in order");
      last[message.sender] = message.number;
      received_.fetch_add(1);
    }
  }
  void finish() {
    Rt::check(received_.load() == messages_ * kSenders, "every message comes once");
    Rt::check(!queue_.try_receive(), "nothing is left");
  }

  const unsigned messages_;
  MessageQueue<Rt, Message, kCapacity> queue_;
  typename Rt::template atomic<unsigned> received_{0};
};

template <std::size_t kCapacity, unsigned kSenders, unsigned kReceivers>
void expect_proved(unsigned messages) {
  ProgramOf<Traffic<ModelRuntime, kCapacity, kSenders, kReceivers>, unsigned> program(messages);
  const auto result = explore::explore(program, {});
  EXPECT_EQ(result.conclusion, Conclusion::proved)
      << result.explanation << (result.failure ? result.failure->message : "");
}

TEST(MessageQueueModel, OneToOne) { expect_proved<1, 1, 1>(3); }
TEST(MessageQueueModel, WrapsRound) { expect_proved<2, 1, 1>(5); }
// Several wait for room and several for messages: a notification that goes to nobody would be missed.
TEST(MessageQueueModel, TwoSendersShareOneSlot) { expect_proved<1, 2, 1>(2); }
TEST(MessageQueueModel, TwoReceiversShareTwoSenders) { expect_proved<2, 2, 2>(1); }

struct NeverWaits {
  static constexpr bool kMayBeAbandoned = true;
  static constexpr unsigned kActors = 1;
  void run(unsigned) {
    ModelRuntime::check(!queue.try_receive(), "an empty queue has nothing");
    ModelRuntime::check(queue.try_send(1) && queue.try_send(2), "there is room for two");
    ModelRuntime::check(!queue.try_send(3), "and not for three");
    ModelRuntime::check(queue.try_receive() == 1, "first in, first out");
    ModelRuntime::check(queue.try_send(4), "there is room again");
    ModelRuntime::check(queue.receive() == 2 && queue.receive() == 4, "in order");
    ModelRuntime::check(!queue.receive_until(0), "nobody sends any more");
  }
  MessageQueue<ModelRuntime, int, 2> queue;
};
TEST(MessageQueueModel, SaysWhetherItIsFullOrEmpty) {
  ProgramOf<NeverWaits> program;
  EXPECT_EQ(explore::explore(program, {}).conclusion, Conclusion::proved);
}

// A message that comes while the receiver gives up is received or left, and never lost.
struct GivesUp {
  static constexpr bool kMayBeAbandoned = true;
  static constexpr unsigned kActors = 2;
  void run(unsigned actor) {
    if (actor == 0)
      queue.send(7);
    else if (const auto message = queue.receive_until(0))
      received.store(*message);
  }
  void finish() {
    const bool left = queue.try_receive() == 7;
    ModelRuntime::check(left != (received.load() == 7), "received or left");
  }
  MessageQueue<ModelRuntime, int, 1> queue;
  ModelRuntime::atomic<int> received{0};
};
TEST(MessageQueueModel, LosesNothingWhenTheReceiverGivesUp) {
  ProgramOf<GivesUp> program;
  EXPECT_EQ(explore::explore(program, {}).conclusion, Conclusion::proved);
}

TEST(MessageQueueReal, ThreadsExchangeMessages) {
  ProgramOf<Traffic<RealRuntime, 2, 2, 2>, unsigned> program(64);
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    const auto broken = run_for_real(program, seed);
    EXPECT_TRUE(broken.empty()) << broken.front();
  }
}
TEST(MessageQueueReal, GivesUpAtTheDeadline) {
  MessageQueue<RealRuntime, int, 1> queue;
  EXPECT_FALSE(queue.receive_until(RealRuntime::clock::monotonic_ns() + 1'000'000));
  queue.send(3);
  EXPECT_EQ(queue.receive_until(0), 3);
}

}  // namespace
}  // namespace kvtool

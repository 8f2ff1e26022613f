#include "core/pool/transfer_gate.h"

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <vector>

#include "core/explorer/explorer.h"
#include "core/runtime/model_runtime.h"
#include "core/runtime/real_runtime.h"

namespace kvtool::pool {
namespace {

struct OpenGate {
  static constexpr bool kExclusive = false;
};

TEST(TransferGate, HandsOutEachBufferOnce) {
  TransferGate<RealRuntime> gate(2);
  const auto first = gate.enter();
  EXPECT_EQ(first.buffer(), 0U);
  {
    const auto second = gate.try_enter();
    ASSERT_TRUE(second);
    EXPECT_EQ(second->buffer(), 1U);
    EXPECT_FALSE(gate.try_enter());
  }
  EXPECT_TRUE(gate.try_enter());
  EXPECT_THROW(TransferGate<RealRuntime>(0), std::invalid_argument);
}

TEST(TransferGate, KeepsThreadsApart) {
  constexpr unsigned kBuffers = 2;
  TransferGate<RealRuntime> gate(kBuffers);
  std::array<int, kBuffers> filled{};  // plain: the gate orders the accesses
  std::vector<RealThread> threads;
  for (unsigned id = 0; id < 4; ++id)
    threads.emplace_back("request", [&] {
      for (int i = 0; i < 2000; ++i) {
        const auto pass = gate.enter();
        ++filled[pass.buffer()];
      }
    });
  for (RealThread& thread : threads) thread.join();
  EXPECT_EQ(filled[0] + filled[1], 8000);
}

// Each request gathers its rows into the staging buffer and ships them; one stream, which runs what is
// enqueued in that order, so the order of the enqueues is all that counts.
template <class Policy>
struct Staging {
  static constexpr unsigned kActors = 2;
  // Leaving the gate may wait for its lock, and a destructor cannot be left by an exception.
  static constexpr bool kMayBeAbandoned = true;
  ModelRuntime::mutex stream;  // one enqueue at a time
  TransferGate<ModelRuntime, Policy> gate;
  std::array<ModelRuntime::plain<unsigned>, 2> buffers;
  explicit Staging(std::uint32_t count) : gate(count) {}
  static unsigned actor_count(std::uint32_t) { return kActors; }
  void run(unsigned actor) {
    const auto pass = gate.enter();
    {
      const std::lock_guard guard(stream);
      buffers[pass.buffer()].write() = actor;
    }
    const std::lock_guard guard(stream);
    ModelRuntime::check(buffers[pass.buffer()].read() == actor, "a copy ships another request's rows");
  }
};

template <class Policy>
explore::Exploration explored(std::uint32_t buffers) {
  explore::ProgramOf<Staging<Policy>, std::uint32_t> program(buffers);
  return explore::explore(program, {});
}

TEST(TransferGate, IsProvenToShipEachRequestsOwnRows) {
  EXPECT_EQ(explored<ExclusiveGate>(1).conclusion, explore::Conclusion::proved);
  EXPECT_EQ(explored<ExclusiveGate>(2).conclusion, explore::Conclusion::proved);
  const auto open = explored<OpenGate>(1);
  ASSERT_TRUE(open.failure);
  EXPECT_EQ(open.failure->outcome, explore::Outcome::violation);
}

}  // namespace
}  // namespace kvtool::pool

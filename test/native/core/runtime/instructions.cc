// Functions to be disassembled; see instructions_test.cc.
#include "core/runtime/instructions.h"

using namespace kvtool;
using namespace kvtool::instructions;

#define KVTOOL_SUBJECT extern "C" __attribute__((noinline, used))

KVTOOL_SUBJECT std::uint64_t kvtool_counter_by_hand(CounterByHand& counter, std::uint64_t amount) {
  return counter.add(amount);
}
KVTOOL_SUBJECT std::uint64_t kvtool_counter_product(Counter<ProductRuntime>& counter, std::uint64_t amount) {
  return counter.add(amount);
}
KVTOOL_SUBJECT std::uint64_t kvtool_counter_real(Counter<RealRuntime>& counter, std::uint64_t amount) {
  return counter.add(amount);
}
KVTOOL_SUBJECT bool kvtool_ring_by_hand(RingByHand& ring, std::uint64_t value) { return ring.push(value); }
KVTOOL_SUBJECT bool kvtool_ring_product(Ring<ProductRuntime>& ring, std::uint64_t value) {
  return ring.push(value);
}
KVTOOL_SUBJECT bool kvtool_ring_real(Ring<RealRuntime>& ring, std::uint64_t value) {
  return ring.push(value);
}

static_assert(sizeof(Counter<RealRuntime>) == sizeof(CounterByHand));
static_assert(sizeof(Ring<RealRuntime>) == sizeof(RingByHand));

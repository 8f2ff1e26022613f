// count-then-pop: the scheduler counts the free blocks and pops one later without asking whether there is
// one.
#pragma once

#include "core/pool/protocol.h"
#include "peek-then-claim/block_pool.h"

namespace kvtool::count_then_pop {

struct CountThenPop : pool::FixedProtocol {
  static constexpr bool kCountFirst = true;
};

template <class Rt, class Protocol>
using Actors = block_pool::BlockPool<Rt, Protocol>;

}  // namespace kvtool::count_then_pop

// staging-reuse: the CPU fills a pinned buffer, enqueues its copy to the device, and fills it again for a
// later step before the copy has run.
#pragma once

#include <array>
#include <cstdint>

#include "core/explorer/program.h"
#include "core/pool/slot_memory.h"
#include "staging-reuse/copy_engine.h"

namespace kvtool::staging_reuse {

// kEvents: wait for a buffer's last copy before filling it again.
template <class Rt, bool kEvents>
class Staging {
 public:
  static constexpr unsigned kActors = 2;
  static constexpr bool kMayBeAbandoned = true;
  static constexpr std::uint32_t kMost = 8;

  Staging(std::uint32_t buffers, std::uint32_t steps) : buffers_(buffers), steps_(steps) {}

  static const char* actor_name(unsigned actor) { return actor == 0 ? "CPU" : "stream"; }

  void run(unsigned actor) { actor == 0 ? feed() : copy(); }

 private:
  void feed() {
    for (std::uint32_t step = 0; step < steps_; ++step) {
      const std::uint32_t buffer = step % buffers_;
      // Its last copy is number step - buffers + 1 on the stream.
      if (kEvents && step >= buffers_) engine_.wait(0, step - buffers_ + 1);
      memory_.write(buffer, step + 1);
      Rt::perturb("staging:filled");
      engine_.enqueue(0, {.from = buffer, .to = buffers_ + step, .number = step, .after = {}});
    }
    engine_.close();
  }
  void copy() {
    engine_.run(0, [this](const auto& copy) {
      for (unsigned half = 0; half < pool::kHalves; ++half)
        Rt::check(memory_.read(copy.to, half) == copy.number + 1,
                  "I2: the copy of one step carries the data of another");
    });
  }

  const std::uint32_t buffers_, steps_;
  pool::SlotMemory<Rt> memory_{2 * kMost};
  CopyEngine<Rt, 1> engine_{memory_};
};

}  // namespace kvtool::staging_reuse

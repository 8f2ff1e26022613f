// Parameters of the scenario `gil-hostfunc`, as the harness receives them. Names, defaults and units are
// those of scenario.ts, which documents them for users; this struct only carries them to the actors.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace kvtool::gil_hostfunc {

// What the launcher does inside the driver; decides which locks it holds while it waits
// (docs/driver-model.md).
enum class BlockingCall : std::uint8_t { first_load, free, full_queue, synchronize };

// What the entrant calls; decides which driver lock it needs.
enum class EntrantCall : std::uint8_t { event_record, event_create, set_device };

struct Parameters {
  std::uint32_t workers = 2;   // request workers; each has a stream of its own on every context
  std::uint32_t contexts = 1;  // device contexts, each with a host-function executor of its own
  BlockingCall blocking_call = BlockingCall::first_load;
  EntrantCall entrant_call = EntrantCall::event_record;
  std::string device = "sim";               // or "cuda"
  std::string driver_model = "580-cuda13";  // of the simulated device
  std::uint32_t live_events = 4;            // events that `destructor-syncs` destroys per request
  bool stream_waits_for_client = true;      // `unmap-waits-forever`: else the host asks the client's event
  bool client_dies = true;                  // before it has recorded the event
  bool needs_entrant = true;                // the window needs a second thread that enters the driver
  bool stamps = false;                      // the path is `gpu-stamp`: the bus is to take stamps of the GPU
  // Steering holds the request's kernel back until every party of the cycle is in position, at most
  // kernel_limit. Off: the kernel runs for a random time up to kernel_limit and the parties meet by chance.
  bool steer = true;
  std::chrono::microseconds kernel_limit{20'000};
  std::uint64_t seed = 0;
  // The runtime lock as lock lines name it: `runtime-lock:GIL` or `runtime-lock:JS thread`.
  std::string runtime_lock = "runtime-lock:GIL";
};

}  // namespace kvtool::gil_hostfunc

// StreamCost: how much time an event adds to a stream, by how it is recorded. Each way is measured as the
// mean of many iterations of "kernel, event" against the same kernel alone, in rounds that alternate between
// the ways, so that a clock that changes meanwhile changes all of them.
#pragma once

#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "core/device/cuda/context.h"
#include "core/device/cuda/hold_words.h"
#include "core/device/cuda/modules.h"
#include "core/device/stamp_slot.h"
#include "tools/stamp_bench/driver_calls.h"

namespace kvtool::stamp_bench {

class StreamCost {
 public:
  // Throws DeviceUnavailable or std::runtime_error with the call that failed.
  explicit StreamCost(const std::string& library);
  StreamCost(const StreamCost&) = delete;
  StreamCost& operator=(const StreamCost&) = delete;
  ~StreamCost();

  const std::string& description() const { return context_.description(); }
  // Runs everything; a few seconds.
  nlohmann::ordered_json measure(unsigned rounds);

 private:
  struct Way {
    const char* name;
    const char* what;
    std::function<void(unsigned iteration)> iterate;
    bool stamps = false;   // each iteration fills the slot of its number
    bool by_gpu = false;   // the GPU numbers the stamps
    bool in_graph = true;  // can be captured
    // Can be queued on a stream that stands still. Not host functions between kernels: on driver 580 their
    // launch waits for the stream after fewer than 100 of them.
    bool held = true;
    std::vector<double> launched = {}, queued = {}, graph = {};  // µs per iteration, one for each round
  };
  // Ends the graph with its scope.
  struct Graph;

  void check(Result result, const char* doing) const;
  void check(Status status) const;
  template <class... Arguments>
  void launch(Handle kernel, unsigned blocks, unsigned threads, Arguments... arguments);
  Handle find(const cuda::Module& module, const char* kernel) const;
  Handle make_event(unsigned flags) const;
  void* allocate(std::size_t bytes) const;
  std::vector<Way> ways();
  void synchronize() const;
  void clear_slots();
  void require_stamps(const Way& way, unsigned count) const;
  double time_launched(const Way& way);
  double time_queued(const Way& way);
  double time_graph(Handle executable);
  std::unique_ptr<Graph> capture(const Way& way);

  cuda::DriverLibrary driver_;
  DriverCalls calls_;
  cuda::Context context_;
  cuda::Module kernels_, bench_;
  Handle stream_ = nullptr, begin_ = nullptr, end_ = nullptr;
  std::vector<Handle> timing_events_, plain_events_;
  void* data_ = nullptr;
  void* counters_ = nullptr;    // device memory: blocks done, stamps so far
  StampSlot* slots_ = nullptr;  // pinned
  cuda::HoldWords* hold_ = nullptr;
  unsigned host_functions_run_ = 0;
};

}  // namespace kvtool::stamp_bench

// StandIns: host code that stands for kernels, on a GPU. For each body the stream gets a kvtool_hold kernel;
// when the GPU has begun it, a thread of this object runs the body and then lets the kernel go. So the kernel
// lasts as long as the body does, at its place in the stream.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <string>

#include "core/device/cuda/hold_words.h"
#include "core/device/device.h"
#include "core/runtime/flight.h"
#include "core/runtime/real_thread.h"

namespace kvtool::cuda {

// Of one stream. Bodies run in the order of launch, as the stream's kernels do.
class StandIns {
 public:
  struct Identity {
    std::string thread;  // "kv-stream-3", as a dump shows it
    std::string line;    // "stream 3": its lock line
    std::string stream;  // "stream:3": the resource that a running body keeps
    std::string idle;    // "device:idle": likewise
    Flight* flight = nullptr;
  };

  StandIns(HoldWordsPool& pool, Identity identity) : pool_(pool), identity_(std::move(identity)) {}
  StandIns(const StandIns&) = delete;
  StandIns& operator=(const StandIns&) = delete;
  // Bodies whose turn has not come never run; their kernels end at once.
  ~StandIns();

  // `launch` puts the hold kernel with those words on the stream; its status is returned.
  Status submit(KernelBody body, const std::function<Status(HoldWords*)>& launch);

 private:
  struct Job {
    HoldWords* words;
    KernelBody body;
  };

  void run();
  bool wait_for_begin(HoldWords& words);

  HoldWordsPool& pool_;
  const Identity identity_;
  std::mutex order_;  // held from a launch until its job is queued: jobs come in stream order
  std::mutex lock_;   // guards the queue and stopping_
  std::condition_variable changed_;
  std::deque<Job> jobs_;
  bool stopping_ = false;
  RealThread thread_;  // started by the first job; guarded by order_
};

}  // namespace kvtool::cuda

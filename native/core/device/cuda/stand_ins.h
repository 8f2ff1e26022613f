// StandIns: host code that stands for kernels, on a GPU. For each body the stream gets a kvtool_hold kernel;
// when the GPU has begun it, a thread of this object runs the body and then lets the kernel go. So the kernel
// lasts as long as the body does, at its place in the stream.
//
// The thread also speaks for the stream's host functions while somebody waits for the stream: as long as
// another stream's function has the driver's thread, these wait for their turn, and no thread says so.
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
    std::string thread;          // "kv-stream-3", as a dump shows it
    std::string line;            // "stream 3": its lock line
    std::string stream;          // "stream:3": the resource that a running body keeps
    std::string idle;            // "device:idle": likewise
    std::string host_functions;  // "device:host-functions": what a host function waits for
    Flight* flight = nullptr;
  };

  StandIns(HoldWordsPool& pool, Identity identity) : pool_(pool), identity_(std::move(identity)) {}
  StandIns(const StandIns&) = delete;
  StandIns& operator=(const StandIns&) = delete;
  // Bodies whose turn has not come never run; their kernels end at once.
  ~StandIns();

  // `launch` puts the hold kernel with those words on the stream; its status is returned.
  Status submit(KernelBody body, const std::function<Status(HoldWords*)>& launch);

  // A host function of the stream was launched, has begun, has returned.
  void host_function_launched();
  void host_function_begins();
  void host_function_ends();

  // While one lives somebody waits for the stream.
  class Waiter {
   public:
    explicit Waiter(StandIns& stand_ins) : stand_ins_(stand_ins) { stand_ins_.count_waiter(1); }
    Waiter(const Waiter&) = delete;
    Waiter& operator=(const Waiter&) = delete;
    ~Waiter() { stand_ins_.count_waiter(-1); }

   private:
    StandIns& stand_ins_;
  };

 private:
  struct Job {
    HoldWords* words;
    KernelBody body;
  };

  using Lock = std::unique_lock<std::mutex>;

  void count_waiter(int change);
  // The methods below are called under lock_; those that take it give it back meanwhile.
  bool start();  // false when there is no thread to be had
  // Somebody waits for host functions of this stream, and none of them has its turn.
  bool queued_behind_others() const { return waiters_ > 0 && host_functions_ > 0 && !host_function_runs_; }
  void run_body(Lock& lock);
  bool wait_for_begin(HoldWords& words, Lock& lock);
  void speak_for_the_queue(Lock& lock);

  void run();

  HoldWordsPool& pool_;
  const Identity identity_;
  std::mutex order_;  // held from a launch until its job is queued: jobs come in stream order
  std::mutex lock_;   // guards all below; never held while the driver is called
  std::condition_variable changed_;
  std::deque<Job> jobs_;
  bool stopping_ = false;
  int waiters_ = 0;
  int host_functions_ = 0;  // launched and not returned
  bool host_function_runs_ = false;
  RealThread thread_;  // started when it is first needed
};

}  // namespace kvtool::cuda

// gil-driver-inversion: threads that mostly take the runtime's lock or a driver's mutex alone. One keeps the
// runtime's lock in a driver call; another, on a rare path, is called back by the driver under its mutex and
// needs the runtime's lock there.
#pragma once

#include <mutex>
#include <string>

#include "core/explorer/program.h"

namespace kvtool::gil_driver_inversion {

template <class Rt>
class Inversion {
 public:
  static constexpr bool kMayBeAbandoned = true;

  Inversion(unsigned /*threads*/, unsigned calls, bool called_back)
      : calls_(calls), called_back_(called_back) {}

  static unsigned actor_count(unsigned threads, unsigned, bool) { return threads; }
  static std::string actor_name(unsigned actor) {
    return actor == 0 ? "allocating" : actor == 1 ? "launching" : explore::numbered("T", actor);
  }

  void run(unsigned actor) {
    for (unsigned call = 0; call < calls_; ++call) {
      Rt::local_state(call);
      if (actor == 0) {
        const std::lock_guard kept(gil_);
        const std::lock_guard inside(driver_);
      } else if (actor == 1) {
        // The driver asks the program for a block size, once: for a kernel it has not seen.
        const bool asks = called_back_ && call + 1 == calls_;
        driver_.lock();
        if (asks) run_lambda();
        driver_.unlock();
        if (!asks) run_lambda();
      } else {
        run_lambda();
      }
    }
  }

 private:
  void run_lambda() { const std::lock_guard runtime(gil_); }

  const unsigned calls_;
  const bool called_back_;
  typename Rt::runtime_lock gil_{"GIL"};
  typename Rt::mutex driver_{"driver-lock:C"};
};

}  // namespace kvtool::gil_driver_inversion

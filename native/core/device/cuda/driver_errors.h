// What a driver's result codes mean, in words that name the call and what it was for.
#pragma once

#include <mutex>
#include <string>
#include <string_view>

#include "core/device/cuda/driver_api.h"
#include "core/device/device.h"

namespace kvtool::cuda {

// "CUDA_ERROR_OUT_OF_MEMORY (2, out of memory)".
std::string error_text(const DriverApi& api, Result result);

// True for errors after which every later call of the context fails with the same code.
bool is_sticky(Result result);

// What a user can do about a failure that comes before there is a context.
std::string advice_for(Result result);

// Remembers why calls failed. Safe from any thread.
class DriverErrors {
 public:
  explicit DriverErrors(const DriverApi& api) : api_(api) {}
  DriverErrors(const DriverErrors&) = delete;
  DriverErrors& operator=(const DriverErrors&) = delete;

  // The status for `result` of `call`, made in order to `doing` ("record an event"). Keeps the text of a
  // failure for describe(). "Not ready" is an answer and no failure.
  Status check(const char* call, Result result, const char* doing);

  // The calling thread's last failure when it had this status, else the status's own words.
  std::string describe(Status status) const;

 private:
  const DriverApi& api_;
  std::mutex lock_;        // guards broken_by_
  std::string broken_by_;  // the first call that reported a sticky error; empty: none did
};

}  // namespace kvtool::cuda

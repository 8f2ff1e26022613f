#include "core/device/cuda/driver_errors.h"

#include <algorithm>
#include <array>
#include <cstdlib>

namespace kvtool::cuda {
namespace {

struct LastFailure {
  Status status = Status::ok;
  std::string text;
};
thread_local LastFailure last_failure;

}  // namespace

std::string error_text(const DriverApi& api, Result result) {
  const char* name = nullptr;
  const char* meaning = nullptr;
  // Both refuse a number that the driver does not know, and leave the pointer alone or null.
  if (api.error_name) (void)api.error_name.call(result, &name);
  if (api.error_string) (void)api.error_string.call(result, &meaning);
  std::string text = name == nullptr ? "unknown error" : name;
  text.append(" (").append(std::to_string(result));
  if (meaning != nullptr) text.append(", ").append(meaning);
  return text.append(")");
}

bool is_sticky(Result result) {
  // Illegal address, launch timeout, assert, hardware stack, illegal instruction, misaligned address, invalid
  // address space, invalid program counter, launch failure, uncorrectable ECC, NVLink: cuda.h says of each
  // that the process must be ended to continue.
  constexpr std::array kSticky{214, 220, 700, 702, 710, 714, 715, 716, 717, 718, 719};
  return std::find(kSticky.begin(), kSticky.end(), result) != kSticky.end();
}

std::string advice_for(Result result) {
  constexpr Result kOutOfMemory = 2, kStub = 34, kNoDevice = 100, kInvalidDevice = 101, kNoBinary = 209,
                   kInvalidSource = 300, kBadPtx = 222, kMismatch = 803, kNotSupported = 804;
  switch (result) {
    case kOutOfMemory:
      return "free GPU memory: nvidia-smi lists the processes that use it";
    case kStub:
      return "this is the toolkit's stub library: put the driver's own libcuda.so.1 first, or name it in "
             "KVTOOL_CUDA_LIBRARY";
    case kMismatch:
      return "the driver's library and its kernel module differ: restart the machine or the container";
    case kNotSupported:
      return "the compatibility library of a newer CUDA does not work with this GPU: remove it from "
             "LD_LIBRARY_PATH";
    case kNoBinary:
    case kInvalidSource:
    case kBadPtx:
      return "kvtool's kernels need a GPU of compute capability 8.0 or later and a driver of about nvcc's "
             "age";
    case kNoDevice:
    case kInvalidDevice:
      if (const char* visible = std::getenv("CUDA_VISIBLE_DEVICES"))
        return std::string("CUDA_VISIBLE_DEVICES is \"")
            .append(visible)
            .append("\": unset it, or name a device that is there");
      return "check with nvidia-smi -L; with MIG on, the GPU needs a GPU instance with a compute instance";
    default:
      return "check the driver with nvidia-smi";
  }
}

Status DriverErrors::check(const char* call, Result result, const char* doing) {
  const auto status = static_cast<Status>(result);
  if (status == Status::ok || status == Status::not_ready) return status;
  std::string text =
      std::string(call).append(": ").append(error_text(api_, result)).append(", to ").append(doing);
  if (is_sticky(result)) {
    const std::lock_guard guard(lock_);
    if (broken_by_.empty())
      broken_by_ = text;
    else
      text.append("; the context has been lost since ").append(broken_by_);
  }
  last_failure = {status, std::move(text)};
  return status;
}

std::string DriverErrors::describe(Status status) const {
  if (status == last_failure.status && status != Status::ok) return last_failure.text;
  if (to_string(status) == "unknown error") return error_text(api_, static_cast<Result>(status));
  return std::string(to_string(status));
}

}  // namespace kvtool::cuda

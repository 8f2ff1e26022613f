// The addon's constructors, one set per environment (worker threads have their own).
#pragma once

#include <napi.h>

namespace kvtool::addon {

struct Classes {
  Napi::FunctionReference flight;
  Napi::FunctionReference device;
  Napi::FunctionReference bus;
  Napi::FunctionReference gil_hostfunc;
};

}  // namespace kvtool::addon

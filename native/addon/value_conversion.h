// Metadata between JavaScript and the recorder. Every type that goes in comes out: booleans stay booleans,
// integers beyond 2^53 are BigInt, objects and arrays travel as JSON.
#pragma once

#include <napi.h>

#include "core/recorder/event.h"

namespace kvtool::addon {

Metadata to_metadata(const Napi::Object& object);
Napi::Object from_event(Napi::Env env, const Event& event);

}  // namespace kvtool::addon

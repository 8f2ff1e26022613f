// Visible steps of the device in the model, written with lambdas; for the files of ModelDevice.
#pragma once

#include "core/runtime/model_runtime.h"

namespace kvtool {

// A step that changes `object` by apply().
template <class Apply>
void change(explore::ObjectId object, Apply apply) {
  explore::World::current().change(
      object, [](void* argument) { (*static_cast<Apply*>(argument))(); }, &apply);
}

template <class Ready>
void await(explore::ObjectId object, Ready ready) {
  explore::World::current().await(
      object, [](void* argument) { return (*static_cast<Ready*>(argument))(); }, &ready);
}

}  // namespace kvtool

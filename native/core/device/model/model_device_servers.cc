// The actors that a device brings along: its streams, and the executor of host functions.
#include <algorithm>

#include "core/device/model/model_device.h"
#include "core/device/model/steps.h"

namespace kvtool {

// ---- servers

void ModelDevice::serve(unsigned server) {
  server_actor_[server] = static_cast<std::uint8_t>(model::world().running());
  model::world().set_daemon(model::world().running());
  if (server == 0) run_executor();
  run_stream(streams_[server - 1]);
}

void ModelDevice::run_stream(Stream& stream) {
  World& world = model::world();
  for (;;) {
    world.forget({});
    world.rest(
        stream.queue,
        [](void* argument) {
          const auto& own = *static_cast<const Stream*>(argument);
          return own.size > 0 && !own.handed;
        },
        &stream);
    if (stream.front().kind == Kind::host_function &&
        rules_.host_functions == HostFunctionOrder::one_per_context) {
      stream.handed = true;
      note_stream(stream);
      ready_[ready_count_++] = static_cast<std::uint8_t>(&stream - streams_.data());
      note_executor();
      world.changed(functions_);
    } else {
      if (world.hashed()) world.learn(stream.front().submitter);
      run_front(stream);
      complete(stream);
    }
  }
}

void ModelDevice::run_front(Stream& stream) {
  Work& work = stream.front();
  switch (work.kind) {
    case Kind::kernel:
    case Kind::copy:
    case Kind::host_function:
      return work.body();
    case Kind::record:
      records_done_ |= std::uint64_t{1} << work.record;
      if (model::world().hashed()) model::world().set_state(idle_, {records_done_, 0});
      model::world().changed(work.event);
      return;
    case Kind::await:
      if (!record_done(work.record))
        await(work.event, [this, record = work.record] { return record_done(record); });
      else
        model::world().observe_clock(work.event);
      return;
  }
}

void ModelDevice::complete(Stream& stream) {
  if (takes_entry(stream.front().kind)) --stream.entries;
  stream.first = static_cast<std::uint16_t>((stream.first + 1U) % kMostWork);
  --stream.size;
  ++stream.completed;
  stream.handed = false;
  note_stream(stream);
  model::world().changed(stream.done);
  model::world().changed(idle_);
}

void ModelDevice::run_executor() {
  World& world = model::world();
  for (;;) {
    world.forget({});
    world.rest(
        functions_,
        [](void* argument) { return static_cast<const ModelDevice*>(argument)->ready_count_ > 0; }, this);
    Stream& stream = streams_[ready_[0]];
    std::copy(ready_.begin() + 1, ready_.begin() + ready_count_, ready_.begin());
    --ready_count_;
    function_runs_ = true;
    note_executor();
    if (world.hashed()) world.learn(stream.front().submitter);
    stream.front().body();
    function_runs_ = false;
    note_executor();
    complete(stream);
    world.changed(stream.queue);  // the stream goes on
  }
}

// ---- observers

unsigned ModelDevice::pending_host_functions() const {
  unsigned pending = 0;
  for (unsigned i = 0; i < stream_count_; ++i)
    for (unsigned k = 0; k < streams_[i].size; ++k)
      if (streams_[i].slots[(streams_[i].first + k) % kMostWork].work.kind == Kind::host_function) ++pending;
  return pending;
}

bool ModelDevice::idle() const {
  return std::all_of(streams_.begin(), streams_.begin() + stream_count_,
                     [](const Stream& stream) { return stream.size == 0; });
}

}  // namespace kvtool

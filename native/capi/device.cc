#include "capi/handles.h"

using kvtool::SimDevice;
using kvtool::SimOptions;
using kvtool::StreamId;
namespace capi = kvtool::capi;

kvt_device* kvt_device_sim(kvt_flight* flight, const char* model) {
  return capi::guarded_handle([&] {
    const auto found = kvtool::find_driver_model(model);
    if (!found) throw std::runtime_error(std::string("unknown driver model ") + model);
    SimOptions options;
    options.model = *found;
    options.flight = flight == nullptr ? nullptr : flight->flight.get();
    return std::make_unique<kvt_device>(kvt_device{std::make_unique<SimDevice>(std::move(options))})
        .release();
  });
}

void kvt_device_free(kvt_device* device) { const std::unique_ptr<kvt_device> owner(device); }

int kvt_stream_create(kvt_device* device, uint32_t* stream) {
  return capi::guarded([&] {
    StreamId id{};
    const auto status = device->device->create_stream(&id);
    *stream = static_cast<uint32_t>(id);
    return static_cast<int>(status);
  });
}

int kvt_stream_synchronize(kvt_device* device, uint32_t stream) {
  return capi::dropped(
      [&] { return static_cast<int>(device->device->synchronize_stream(StreamId{stream})); });
}

int kvt_device_fail_launches(kvt_device* device, uint32_t every) {
  return capi::guarded([&] {
    device->device->inject_launch_failure({.every = every});
    return 0;
  });
}

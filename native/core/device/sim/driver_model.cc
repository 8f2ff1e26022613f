#include "core/device/sim/driver_model.h"

namespace kvtool {

std::string_view call_name(Call call) {
  switch (call) {
    case Call::set_device:
      return "cudaSetDevice";
    case Call::stream_create:
      return "cudaStreamCreate";
    case Call::stream_destroy:
      return "cudaStreamDestroy";
    case Call::stream_synchronize:
      return "cudaStreamSynchronize";
    case Call::stream_query:
      return "cudaStreamQuery";
    case Call::device_synchronize:
      return "cudaDeviceSynchronize";
    case Call::event_create:
      return "cudaEventCreate";
    case Call::event_destroy:
      return "cudaEventDestroy";
    case Call::event_record:
      return "cudaEventRecord";
    case Call::event_record_full:
      return "cudaEventRecord (queue full)";
    case Call::stream_wait_event:
      return "cudaStreamWaitEvent";
    case Call::event_query:
      return "cudaEventQuery";
    case Call::event_synchronize:
      return "cudaEventSynchronize";
    case Call::launch_host_function:
      return "cudaLaunchHostFunc";
    case Call::library_load:
      return "cudaLibraryLoadData";
    case Call::launch:
      return "cudaLaunchKernel";
    case Call::launch_full:
      return "cudaLaunchKernel (queue full)";
    case Call::first_launch:
      return "cudaLaunchKernel (first load)";
    case Call::malloc:
      return "cudaMalloc";
    case Call::malloc_host:
      return "cudaMallocHost";
    case Call::free:
      return "cudaFree";
    case Call::free_host:
      return "cudaFreeHost";
    case Call::malloc_async:
      return "cudaMallocAsync";
    case Call::malloc_async_grow:
      return "cudaMallocAsync (pool grows)";
    case Call::free_async:
      return "cudaFreeAsync";
    case Call::memcpy_async:
      return "cudaMemcpyAsync";
    case Call::memcpy_async_full:
      return "cudaMemcpyAsync (queue full)";
    case Call::memcpy_async_busy:
      return "cudaMemcpyAsync (pageable, busy stream)";
    case Call::memcpy:
      return "cudaMemcpy";
    case Call::pointer_attributes:
      return "cudaPointerGetAttributes";
    case Call::memory_info:
      return "cudaMemGetInfo";
    case Call::function_attributes:
      return "cudaFuncGetAttributes";
  }
  return "unknown call";
}

DriverModel driver_580_cuda13() {
  constexpr Rule kSubmits{.launch = Hold::shared};
  constexpr Rule kManages{.context = Hold::exclusive};
  constexpr Rule kManagesAndSubmits{.context = Hold::exclusive, .launch = Hold::shared};
  constexpr Rule kStopsTheDevice{.context = Hold::exclusive, .launch = Hold::exclusive, .wait = Wait::device};
  constexpr Rule kWaitsForRoom{.context = Hold::exclusive, .wait = Wait::room};

  DriverModel model{.name = "580-cuda13"};  // what is not named below takes nothing and waits for nothing
  model[Call::launch] = kSubmits;
  model[Call::event_record] = kSubmits;
  model[Call::memcpy_async] = kSubmits;

  model[Call::launch_full] = kWaitsForRoom;
  model[Call::event_record_full] = kWaitsForRoom;
  model[Call::memcpy_async_full] = kWaitsForRoom;
  model[Call::memcpy_async_busy] = {.context = Hold::exclusive, .wait = Wait::stream};

  model[Call::launch_host_function] = kManagesAndSubmits;
  model[Call::memcpy] = kManagesAndSubmits;
  model[Call::event_create] = kManages;
  model[Call::event_destroy] = kManages;
  model[Call::stream_create] = kManages;
  model[Call::stream_destroy] = kManages;
  model[Call::malloc] = kManages;
  model[Call::malloc_host] = kManages;
  model[Call::malloc_async_grow] = kManages;  // not measured: growing is taken to cost what cudaMalloc costs

  model[Call::first_launch] = kStopsTheDevice;
  model[Call::free] = kStopsTheDevice;
  model[Call::free_host] = kStopsTheDevice;

  model[Call::stream_synchronize] = {.wait = Wait::stream};
  model[Call::device_synchronize] = {.wait = Wait::device};
  model[Call::event_synchronize] = {.wait = Wait::event};
  return model;
}

DriverModel driver_575_cuda12() {
  DriverModel model = driver_580_cuda13();
  model.name = "575-cuda12";
  model[Call::first_launch].runtime = Hold::exclusive;
  model[Call::set_device].runtime = Hold::exclusive;
  return model;
}

DriverModel driver_hip() {
  DriverModel model = driver_580_cuda13();
  model.name = "hip";
  // Reported, not measured: the destructor synchronises. As the synchronising calls do, it holds nothing
  // meanwhile.
  model[Call::event_destroy] = {.wait = Wait::device};
  return model;
}

std::optional<DriverModel> find_driver_model(std::string_view name) {
  for (DriverModel model : {driver_580_cuda13(), driver_575_cuda12(), driver_hip()})
    if (model.name == name) return model;
  return std::nullopt;
}

std::vector<std::string> driver_model_names() { return {"580-cuda13", "575-cuda12", "hip"}; }

}  // namespace kvtool

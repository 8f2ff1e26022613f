#include "core/device/cuda/gpu_device.h"

#include <array>
#include <utility>

#include "core/device/cuda/gpu_parts.h"
#include "core/device/device_unavailable.h"

namespace kvtool {

using cuda::DeclaredCall;

// Begin and end

GpuDevice::GpuDevice(cuda::Vendor vendor, GpuOptions options)
    : parts_(std::make_unique<Parts>(vendor, std::move(options))) {}

GpuDevice::~GpuDevice() = default;

GpuDevice::Parts::Parts(cuda::Vendor vendor, GpuOptions given)
    : options(std::move(given)),
      images(options.images.value_or(cuda::embedded_images())),
      shadow(options.context),
      context(cuda::open_driver(vendor, options.library),
              {options.ordinal, options.own_context, options.on_step}),
      words([this] {
        void* block = nullptr;
        const std::size_t bytes = cuda::HoldWordsPool::kWordsInBlock * sizeof(cuda::HoldWords);
        if (allocate_pinned(bytes, &block) == Status::ok) word_blocks.push_back(block);
        return block;
      }) {
  try {
    load_kernels();
  } catch (...) {
    take_down();
    throw;
  }
}

// Loads what launches must not have to wait for, and launches each kernel once: the first launch is what
// loads it.
void GpuDevice::Parts::load_kernels() {
  if (!images.complete())
    throw DeviceUnavailable("this build of kvtool has no GPU kernels: no nvcc was found when it was built",
                            "install the CUDA toolkit and build again: npm run build:native");
  const auto require = [&](Status status) {
    if (status == Status::ok) return;
    throw DeviceUnavailable(context.errors().describe(status),
                            cuda::advice_for(static_cast<cuda::Result>(status)));
  };
  const auto step = [&](const char* name) {
    if (options.on_step) options.on_step(name);
  };
  const cuda::DriverApi& api = context.api();
  step("loading kvtool's kernels");
  cuda::Module module;
  require(cuda::Module::create(context, images.hold, "kvtool_empty", &module));
  empty_kernel = module.kernel();
  require(module.find("kvtool_hold", &hold_kernel));
  require(module.find("kvtool_stamp", &stamp_kernel));
  require(module.find("kvtool_stamp_next", &stamp_next_kernel));
  loaded_module = modules.add([&](ModuleId) {
    auto loaded = std::make_shared<LazyModule>();
    loaded->module = std::move(module);
    loaded->launched.store(true, std::memory_order_relaxed);
    return loaded;
  });
  cuda::Address address = 0;
  require(context.call(api.allocate, "have memory that kernels write to", &address, 2 * sizeof(StampSlot)));
  scratch = reinterpret_cast<void*>(address);

  step("launching kvtool's kernels for the first time");
  first_stream.stand_ins = std::make_shared<cuda::StandIns>(
      words, cuda::StandIns::Identity{"kv-stream-0", "stream 0", "stream:0", shadow.names.idle,
                                      shadow.names.host_functions, nullptr});
  require(context.call(api.stream_create, "create a stream", &first_stream.handle, cuda::kNonBlockingStream));
  require(launch(empty_kernel, first_stream, nullptr));
  require(launch_body(first_stream, [] {}));
  auto* const slot = static_cast<StampSlot*>(scratch);
  require(launch_stamp(first_stream, slot, 1));
  require(launch_stamp_next(
      first_stream, {.slots = slot, .mask = 0, .stamped = &reinterpret_cast<std::uint64_t&>(slot[1])}));
  require(context.call(api.stream_synchronize, "wait for the first kernels", first_stream.handle));
  require(context.call(api.stream_destroy, "destroy the first kernels' stream", first_stream.handle));
  first_stream.handle = nullptr;
  first_stream.stand_ins.reset();
}

GpuDevice::Parts::~Parts() { take_down(); }

void GpuDevice::Parts::take_down() {
  // Everything is taken down in any case; whoever wanted to know of a failure has had a status before.
  const cuda::DriverApi& api = context.api();
  (void)context.call(api.synchronize, "finish all work");
  retired.clear();
  first_stream.stand_ins.reset();
  if (first_stream.handle != nullptr)
    (void)context.call(api.stream_destroy, "destroy a stream", first_stream.handle);
  streams.clear([&](const Stream& stream) {
    (void)context.call(api.stream_destroy, "destroy a stream", stream.handle);
  });
  events.clear(
      [&](const Event& event) { (void)context.call(api.event_destroy, "destroy an event", event.handle); });
  modules.clear([](const LazyModule&) {});
  transfer_kernels.reset();
  for (const auto& [pointer, kind] : memory) (void)release_memory(pointer, kind);
  for (void* block : word_blocks) (void)context.call(api.free_host, "free pinned memory", block);
  if (scratch != nullptr)
    (void)context.call(api.free, "free device memory", reinterpret_cast<cuda::Address>(scratch));
}

std::string GpuDevice::describe(Status status) const { return parts_->context.errors().describe(status); }
std::string_view GpuDevice::description() const { return parts_->context.description(); }
ModuleId GpuDevice::loaded_module() const { return parts_->loaded_module; }

Status GpuDevice::set_device() {
  const DeclaredCall declared(parts_->shadow, Call::set_device);
  return parts_->context.rebind();
}

// Streams

Status GpuDevice::Parts::add_stream(StreamId* out, bool high_priority) {
  if (out == nullptr) return Status::invalid_value;
  auto stream = std::make_shared<Stream>();
  const DeclaredCall declared(shadow, Call::stream_create);
  const cuda::DriverApi& api = context.api();
  int lowest = 0, highest = 0;
  if (high_priority) {
    const Status status = context.call(api.priority_range, "learn the stream priorities", &lowest, &highest);
    if (status != Status::ok) return status;
  }
  const Status status = high_priority ? context.call(api.stream_create_priority, "create a stream",
                                                     &stream->handle, cuda::kNonBlockingStream, highest)
                                      : context.call(api.stream_create, "create a stream", &stream->handle,
                                                     cuda::kNonBlockingStream);
  if (status != Status::ok) return status;
  *out = streams.add([&](StreamId id) {
    const std::string number = std::to_string(static_cast<std::uint32_t>(id));
    stream->resource = shadow.names.stream(id);
    stream->stand_ins = std::make_shared<cuda::StandIns>(
        words, cuda::StandIns::Identity{"kv-stream-" + number, "stream " + number, stream->resource,
                                        shadow.names.idle, shadow.names.host_functions, options.flight});
    return stream;
  });
  return Status::ok;
}

Status GpuDevice::create_stream(StreamId* out) { return parts_->add_stream(out, false); }
Status GpuDevice::create_priority_stream(StreamId* out) { return parts_->add_stream(out, true); }

Status GpuDevice::destroy_stream(StreamId stream) {
  const auto found = parts_->streams.remove(stream);
  if (found == nullptr) return Status::invalid_handle;
  {
    const std::lock_guard guard(parts_->lock);
    parts_->retired.push_back(found);
  }
  const DeclaredCall declared(parts_->shadow, Call::stream_destroy);
  return parts_->context.call(parts_->context.api().stream_destroy, "destroy a stream", found->handle);
}

Status GpuDevice::synchronize_stream(StreamId stream) {
  const auto found = parts_->streams.find(stream);
  if (found == nullptr) return Status::invalid_handle;
  const DeclaredCall declared(parts_->shadow, Call::stream_synchronize, found->resource);
  const cuda::StandIns::Waiter waiter(*found->stand_ins);
  const Status status =
      parts_->context.call(parts_->context.api().stream_synchronize, "wait for a stream", found->handle);
  if (status == Status::ok) found->submitted.store(0, std::memory_order_relaxed);
  return status;
}

Status GpuDevice::query_stream(StreamId stream) {
  const auto found = parts_->streams.find(stream);
  if (found == nullptr) return Status::invalid_handle;
  const DeclaredCall declared(parts_->shadow, Call::stream_query);
  return parts_->context.call(parts_->context.api().stream_query, "query a stream", found->handle);
}

Status GpuDevice::synchronize_device() {
  const DeclaredCall declared(parts_->shadow, Call::device_synchronize);
  return parts_->context.call(parts_->context.api().synchronize, "wait for the device");
}

// Events

Status GpuDevice::Parts::add_event(EventId* out, unsigned flags) {
  if (out == nullptr) return Status::invalid_value;
  auto event = std::make_shared<Event>();
  const DeclaredCall declared(shadow, Call::event_create);
  const Status status = context.call(context.api().event_create, "create an event", &event->handle, flags);
  if (status != Status::ok) return status;
  *out = events.add([&](EventId id) {
    event->resource = shadow.names.event(id);
    return event;
  });
  return Status::ok;
}

Status GpuDevice::create_event(EventId* out) { return parts_->add_event(out, cuda::kEventWithoutTiming); }
Status GpuDevice::create_timed_event(EventId* out) { return parts_->add_event(out, cuda::kTimedEvent); }

Status GpuDevice::elapsed(EventId from, EventId to, float* ms) {
  const auto begin = parts_->events.find(from), end = parts_->events.find(to);
  if (begin == nullptr || end == nullptr) return Status::invalid_handle;
  return parts_->context.call(parts_->context.api().event_elapsed, "take the time between two events", ms,
                              begin->handle, end->handle);
}

Status GpuDevice::destroy_event(EventId event) {
  const auto found = parts_->events.remove(event);
  if (found == nullptr) return Status::invalid_handle;
  const DeclaredCall declared(parts_->shadow, Call::event_destroy);
  return parts_->context.call(parts_->context.api().event_destroy, "destroy an event", found->handle);
}

Status GpuDevice::record_event(EventId event, StreamId stream) {
  const auto on = parts_->streams.find(stream);
  const auto found = parts_->events.find(event);
  if (on == nullptr || found == nullptr) return Status::invalid_handle;
  const DeclaredCall declared(
      parts_->shadow, Parts::submission(*on, Call::event_record, Call::event_record_full), on->resource);
  on->submitted.fetch_add(1, std::memory_order_relaxed);
  return parts_->context.call(parts_->context.api().event_record, "record an event", found->handle,
                              on->handle);
}

Status GpuDevice::wait_event(StreamId stream, EventId event) {
  const auto on = parts_->streams.find(stream);
  const auto found = parts_->events.find(event);
  if (on == nullptr || found == nullptr) return Status::invalid_handle;
  const DeclaredCall declared(parts_->shadow, Call::stream_wait_event);
  return parts_->context.call(parts_->context.api().stream_wait_event, "let a stream wait for an event",
                              on->handle, found->handle, 0u);
}

Status GpuDevice::query_event(EventId event) {
  const auto found = parts_->events.find(event);
  if (found == nullptr) return Status::invalid_handle;
  const DeclaredCall declared(parts_->shadow, Call::event_query);
  return parts_->context.call(parts_->context.api().event_query, "query an event", found->handle);
}

Status GpuDevice::synchronize_event(EventId event) {
  const auto found = parts_->events.find(event);
  if (found == nullptr) return Status::invalid_handle;
  const DeclaredCall declared(parts_->shadow, Call::event_synchronize, found->resource);
  return parts_->context.call(parts_->context.api().event_synchronize, "wait for an event", found->handle);
}

}  // namespace kvtool

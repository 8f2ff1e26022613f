// The calls of GpuDevice that put work on streams: host functions and kernels.
#include <array>
#include <optional>

#include "core/device/cuda/gpu_parts.h"

namespace kvtool {

using cuda::DeclaredCall;

namespace {

// A host function with what its lock line is to say. Owned by the driver from a successful launch on.
struct AnnouncedCall {
  Flight* flight;
  const sim::Names* names;
  std::string stream;
  std::shared_ptr<cuda::StandIns> stand_ins;
  HostFunction function;
  void* argument;
};

// On the driver's thread, which runs the host functions of one context one at a time.
void run_announced(void* given) {
  const std::unique_ptr<AnnouncedCall> call(static_cast<AnnouncedCall*>(given));
  const Flight::Thread line(*call->flight, call->names->executor_line);
  call->stand_ins->host_function_begins();
  const ScopedHold functions(call->names->host_functions);
  const ScopedHold idle(call->names->idle);
  const ScopedHold stream(call->stream);
  call->function(call->argument);
  call->stand_ins->host_function_ends();
}

class DeclaredForeignCall final : public ForeignCall {
 public:
  DeclaredForeignCall(cuda::ShadowLocks& shadow, Call call, const std::string& stream,
                      const std::string& regained)
      : declared_(shadow, call, stream, regained) {}

 private:
  DeclaredCall declared_;
};

struct Image {
  std::string_view cuda::KernelImages::*image;
  const char* kernel;
};

Image image_of(ModuleContent content) {
  using Images = cuda::KernelImages;
  switch (content) {
    case ModuleContent::plain:
      return {&Images::cold_plain, "kvtool_cold_plain"};
    case ModuleContent::large_variable:
      return {&Images::cold, "kvtool_cold_large_variable"};
    case ModuleContent::local_memory:
      return {&Images::cold, "kvtool_cold_local_memory"};
    case ModuleContent::prints:
      return {&Images::cold, "kvtool_cold_prints"};
  }
  return {nullptr, nullptr};
}

}  // namespace

// A stream with that many launches since it was last seen idle may have no room: about 1,000 were measured,
// and the GPU takes some meanwhile.
Call GpuDevice::Parts::submission(const Stream& stream, Call call, Call when_full) {
  constexpr unsigned kMayBeFull = 512;
  return stream.submitted.load(std::memory_order_relaxed) < kMayBeFull ? call : when_full;
}

Status GpuDevice::launch_host_function(StreamId stream, HostFunction function, void* argument) {
  const auto on = parts_->streams.find(stream);
  if (on == nullptr) return Status::invalid_handle;
  if (function == nullptr) return Status::invalid_value;
  const auto& launch = parts_->context.api().launch_host_function;
  const DeclaredCall declared(parts_->shadow, Call::launch_host_function);
  if (parts_->options.flight == nullptr)
    return parts_->context.call(launch, "launch a host function", on->handle, function, argument);
  auto call = std::make_unique<AnnouncedCall>(AnnouncedCall{parts_->options.flight, &parts_->shadow.names,
                                                            on->resource, on->stand_ins, function, argument});
  on->stand_ins->host_function_launched();
  const Status status = parts_->context.call(launch, "launch a host function", on->handle, &run_announced,
                                             static_cast<void*>(call.get()));
  if (status == Status::ok)
    (void)call.release();
  else
    on->stand_ins->host_function_ends();
  return status;
}

Status GpuDevice::native_stream(StreamId stream, void** out) {
  if (out == nullptr) return Status::invalid_value;
  const auto found = parts_->streams.find(stream);
  if (found == nullptr) return Status::invalid_handle;
  *out = found->handle;
  return Status::ok;
}

std::unique_ptr<ForeignCall> GpuDevice::declare(Call call, StreamId stream, const std::string& regained) {
  const auto on = parts_->streams.find(stream);
  if (on == nullptr || parts_->context.bind() != Status::ok) return nullptr;
  return std::make_unique<DeclaredForeignCall>(parts_->shadow, call, on->resource, regained);
}

Status GpuDevice::create_module(ModuleId* out) { return create_module_of(ModuleContent::plain, out); }

Status GpuDevice::create_module_of(ModuleContent content, ModuleId* out) {
  if (out == nullptr) return Status::invalid_value;
  const Image image = image_of(content);
  if (image.kernel == nullptr) return Status::invalid_value;
  auto made = std::make_shared<Parts::LazyModule>();
  const DeclaredCall declared(parts_->shadow, Call::library_load);
  const Status status =
      cuda::Module::create(parts_->context, parts_->images.*image.image, image.kernel, &made->module);
  if (status == Status::ok) *out = parts_->modules.add([&](ModuleId) { return made; });
  return status;
}

Status GpuDevice::Parts::launch(cuda::Handle kernel, Stream& stream, void** arguments) {
  stream.submitted.fetch_add(1, std::memory_order_relaxed);
  return context.call(context.api().launch, "launch a kernel", kernel, 1u, 1u, 1u, 1u, 1u, 1u, 0u,
                      stream.handle, arguments, static_cast<void**>(nullptr));
}

Status GpuDevice::Parts::launch_body(Stream& stream, KernelBody body) {
  return stream.stand_ins->submit(std::move(body), [&](cuda::HoldWords* flags) {
    cuda::Address device_words = 0;
    const Status mapped = context.call(context.api().device_pointer, "map pinned memory", &device_words,
                                       static_cast<void*>(flags), 0u);
    if (mapped != Status::ok) return mapped;
    auto limit = static_cast<unsigned long long>(options.kernel_limit.count());
    std::array<void*, 2> arguments{&device_words, &limit};
    const DeclaredCall declared(shadow, submission(stream, Call::launch, Call::launch_full), stream.resource);
    return launch(hold_kernel, stream, arguments.data());
  });
}

Status GpuDevice::Parts::launch_stamp(Stream& stream, void* slot, std::uint64_t sequence) {
  std::array<void*, 2> arguments{&slot, &sequence};
  return launch(stamp_kernel, stream, arguments.data());
}

Status GpuDevice::Parts::launch_stamp_next(Stream& stream, StampCursor cursor) {
  std::array<void*, 1> arguments{&cursor};
  return launch(stamp_next_kernel, stream, arguments.data());
}

// As the launch of a loaded kernel, which it is.
Status GpuDevice::Parts::launch_declared(StreamId stream, const std::function<Status(Stream&)>& launch_on) {
  const auto on = streams.find(stream);
  if (on == nullptr) return Status::invalid_handle;
  const Call call = submission(*on, Call::launch, Call::launch_full);
  const DeclaredCall declared(shadow, call, on->resource);
  std::optional<cuda::StandIns::Waiter> waiter;
  if (call == Call::launch_full) waiter.emplace(*on->stand_ins);
  return launch_on(*on);
}

Status GpuDevice::stamp(StreamId stream, StampSlot* slot, std::uint64_t sequence) {
  if (slot == nullptr) return Status::invalid_value;
  // Pinned memory has one address for both sides (unified addressing), so the driver need not be asked for
  // it: that would be a call of which nobody has measured where it blocks.
  return parts_->launch_declared(stream,
                                 [&](Parts::Stream& on) { return parts_->launch_stamp(on, slot, sequence); });
}

Status GpuDevice::stamp_next(StreamId stream, const StampCursor& cursor) {
  if (cursor.slots == nullptr || cursor.stamped == nullptr) return Status::invalid_value;
  return parts_->launch_declared(stream,
                                 [&](Parts::Stream& on) { return parts_->launch_stamp_next(on, cursor); });
}

Status GpuDevice::launch_kernel(StreamId stream, ModuleId module, KernelBody body) {
  const auto on = parts_->streams.find(stream);
  const auto from = parts_->modules.find(module);
  if (on == nullptr || from == nullptr) return Status::invalid_handle;
  const bool loaded = module == parts_->loaded_module;
  if (loaded && body) return parts_->launch_body(*on, std::move(body));
  {
    const bool first = !from->launched.load(std::memory_order_relaxed);
    const Call submission =
        first ? Call::first_launch : Parts::submission(*on, Call::launch, Call::launch_full);
    const DeclaredCall declared(parts_->shadow, submission, on->resource);
    std::optional<cuda::StandIns::Waiter> waiter;
    if (submission == Call::launch_full) waiter.emplace(*on->stand_ins);
    std::array<void*, 1> arguments{&parts_->scratch};
    const Status status = parts_->launch(loaded ? parts_->empty_kernel : from->module.kernel(), *on,
                                         loaded ? nullptr : arguments.data());
    if (status != Status::ok) return status;
    from->launched.store(true, std::memory_order_relaxed);
  }
  return body ? parts_->launch_body(*on, std::move(body)) : Status::ok;
}

Status GpuDevice::transfer_kernels(const cuda::TransferKernels** out) {
  const std::lock_guard guard(parts_->transfer_lock);
  if (parts_->transfer_kernels == nullptr) {
    const DeclaredCall declared(parts_->shadow, Call::first_launch);
    const Status status =
        cuda::TransferKernels::load(parts_->context, parts_->images.transfer, &parts_->transfer_kernels);
    if (status != Status::ok) return status;
  }
  *out = parts_->transfer_kernels.get();
  return Status::ok;
}

Status GpuDevice::launch_transfer(StreamId stream, const transfer::Plan& plan) {
  return launch_transfer(stream, plan, cuda::TransferKernel::tiled);
}

Status GpuDevice::launch_transfer(StreamId stream, const transfer::Plan& plan, cuda::TransferKernel kernel) {
  const auto on = parts_->streams.find(stream);
  if (on == nullptr) return Status::invalid_handle;
  const cuda::TransferKernels* kernels = nullptr;
  if (const Status status = transfer_kernels(&kernels); status != Status::ok) return status;
  const DeclaredCall declared(parts_->shadow, Parts::submission(*on, Call::launch, Call::launch_full),
                              on->resource);
  on->submitted.fetch_add(1, std::memory_order_relaxed);
  return kernels->launch(plan, on->handle, kernel);
}

Status GpuDevice::function_attributes(ModuleId module) {
  const auto found = parts_->modules.find(module);
  if (found == nullptr) return Status::invalid_handle;
  const DeclaredCall declared(parts_->shadow, Call::function_attributes);
  int registers = 0;
  return found->module.read_registers(&registers);
}

}  // namespace kvtool

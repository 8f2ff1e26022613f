#include "core/device/cuda/transfer_kernels.h"

#include <algorithm>
#include <array>
#include <bit>
#include <string>

namespace kvtool::cuda {
namespace {

using transfer::Plan;

// The best of a sweep on an H200 (docs/transfer.md); any others work.
constexpr unsigned kThreadsOfRows = 256, kThreadsOfHeads = 128, kUnitsOfThread = 2;

unsigned threads_for(const Plan& plan) { return plan.pieces > 1 ? kThreadsOfHeads : kThreadsOfRows; }

// As native/cuda/transfer_tile.cuh has it.
struct Tile {
  std::uint32_t rows, reciprocal;
};

Tile tile_of(const Plan& plan) {
  const unsigned units = plan.pieces * (plan.piece_bytes / plan.unit);  // of a row
  const unsigned rows = std::clamp(threads_for(plan) * kUnitsOfThread / units, 1u, plan.tokens);
  return {rows, static_cast<std::uint32_t>(((std::uint64_t{1} << 32) + units - 1) / units)};
}

std::size_t index_of(transfer::Direction direction) { return static_cast<std::size_t>(direction); }

}  // namespace

Status TransferKernels::load(const Context& context, std::string_view image,
                             std::unique_ptr<TransferKernels>* out) {
  if (image.empty()) return Status::not_supported;
  std::unique_ptr<TransferKernels> made(new TransferKernels(context));
  Status status = Module::create(context, image, "kvtool_transfer_baseline_to_pages", &made->module_);
  if (status == Status::ok) status = made->find_all();
  // The module is loaded when something asks for a kernel's attributes.
  int registers = 0;
  if (status == Status::ok) status = made->module_.read_registers(&registers);
  if (status == Status::ok) *out = std::move(made);
  return status;
}

Status TransferKernels::find_all() {
  Status status = Status::ok;
  const auto find = [&](const std::string& name, Handle* out) {
    if (status == Status::ok) status = module_.find(name.c_str(), out);
  };
  constexpr std::array<const char*, 2> kDirections = {"to_pages", "to_buffer"};
  for (std::size_t direction = 0; direction < kDirections.size(); ++direction) {
    const std::string end = kDirections.at(direction);
    for (int unit = 0; unit < kUnits; ++unit)
      for (const bool heads : {false, true})
        find("kvtool_transfer_" + std::to_string(1 << unit) + (heads ? "_heads_" : "_rows_") + end,
             &tiled_[direction][unit][heads ? 1 : 0]);
    find("kvtool_transfer_baseline_" + end, &baseline_[direction]);
  }
  return status;
}

Status TransferKernels::launch(const Plan& plan, Handle stream, TransferKernel kernel) const {
  if (!can_run(kernel, plan)) return Status::not_supported;
  if (kernel == TransferKernel::baseline) return launch_baseline(plan, stream);
  return transfer::has_grid(plan) ? launch_tiled(plan, stream) : Status::invalid_value;
}

Status TransferKernels::launch_tiled(const Plan& plan, Handle stream) const {
  Plan given = plan;
  Tile tile = tile_of(plan);
  std::array<void*, 2> arguments{&given, &tile};
  const Handle kernel =
      tiled_[index_of(plan.direction)][std::countr_zero(plan.unit)][plan.pieces > 1 ? 1 : 0];
  return context_.call(context_.api().launch, "launch a transfer", kernel,
                       (plan.tokens + tile.rows - 1) / tile.rows, plan.layers, plan.kvs, threads_for(plan),
                       1u, 1u, 0u, stream, arguments.data(), static_cast<void**>(nullptr));
}

// The grid is the field's: what is wrong with it the driver says.
Status TransferKernels::launch_baseline(const Plan& plan, Handle stream) const {
  constexpr unsigned kMostThreads = 128;
  Plan given = plan;
  std::array<void*, 1> arguments{&given};
  return context_.call(context_.api().launch, "launch a transfer", baseline_[index_of(plan.direction)],
                       plan.tokens, plan.layers, plan.kvs,
                       std::min(plan.pieces * plan.piece_bytes / 8, kMostThreads), 1u, 1u, 0u, stream,
                       arguments.data(), static_cast<void**>(nullptr));
}

}  // namespace kvtool::cuda

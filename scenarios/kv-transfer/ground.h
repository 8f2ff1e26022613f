// Ground: pages, a buffer and a mapping on a device, between guards, so that a transfer which leaves its
// bounds lands in memory of ours and shows there. Every row says where it belongs (core/transfer/content.h):
// what is in the pages at first is the engine's, what is in the buffer the server's.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "core/device/cuda/gpu_device.h"
#include "core/device/races/logged_device.h"
#include "core/transfer/device_cache.h"

namespace kvtool::cells {

class Ground {
 public:
  static constexpr std::uint32_t kEngine = 1, kServer = 2, kGuard = 3;
  static constexpr std::int64_t kGuardTokens = 16;

  // `slots`: the mapping; `before` and `behind` it lie slots that belong to somebody else.
  Ground(Device& device, const transfer::Shape& shape, std::vector<std::int64_t> slots,
         std::int64_t foreign_slot)
      : device_(device),
        shape_(shape),
        slots_(std::move(slots)),
        foreign_(foreign_slot),
        mapping_(device, (slots_.size() + 2 * kGuardTokens) * sizeof(std::int64_t), MemoryKind::device),
        pointers_(device, static_cast<std::size_t>(shape.pointers()) * sizeof(void*), MemoryKind::device),
        memory_(device, buffer_bytes() + 2 * guard_bytes(), MemoryKind::device),
        pages(shape),
        buffer(shape, tokens()) {
    transfer::require(device, device.create_stream(&stream_), "create a stream");
    load_kernels();
    for (const auto& tensor : pages.tensors) {
      tensors_.emplace_back(device, tensor.size(), MemoryKind::device);
      pages_.push_back(tensors_.back().get());
    }
    copy(pointers_.get(), pages_.data(), pages_.size() * sizeof(void*));
    std::vector<std::int64_t> guarded(kGuardTokens, foreign_);
    guarded.insert(guarded.end(), slots_.begin(), slots_.end());
    guarded.resize(guarded.size() + kGuardTokens, foreign_);
    copy(mapping_.get(), guarded.data(), guarded.size() * sizeof(std::int64_t));
    pages.fill(kEngine);
    buffer.fill(kServer);
    upload();
    if (auto* const logged = this->logged()) {
      logged->remember_list(mapping_.get(), guarded.data(), guarded.size() * sizeof(std::int64_t));
      logged->remember_list(pointers_.get(), pages_.data(), pages_.size() * sizeof(void*));
      for (std::size_t i = 0; i < pages_.size(); ++i)
        logged->name(pages_[i], pages.tensors[i].size(), "the pages of tensor " + std::to_string(i));
    }
  }

  Ground(const Ground&) = delete;
  Ground& operator=(const Ground&) = delete;
  ~Ground() { (void)device_.destroy_stream(stream_); }

  // Both sides as `pages` and `buffer` have them, and the guards.
  void upload() {
    for (std::size_t i = 0; i < pages_.size(); ++i)
      copy(pages_[i], pages.tensors[i].data(), pages.tensors[i].size());
    transfer::Buffer guard(shape_, kGuardTokens);
    guard.fill(kGuard);
    copy(memory_.get(), guard.bytes.data(), guard_bytes());
    copy(device_buffer(), buffer.bytes.data(), buffer.bytes.size());
    copy(device_buffer() + buffer_bytes(), guard.bytes.data(), guard_bytes());
  }

  transfer::Request request(transfer::Direction direction, std::int64_t skip = 0) const {
    return {.shape = shape_,
            .direction = direction,
            .pages = pages_,
            .page_bytes = pages.tensors[0].size(),
            .buffer = device_buffer(),
            .buffer_bytes = buffer_bytes(),
            .slots = slots_,
            .tokens = tokens(),
            .skip = skip,
            .device_pages = reinterpret_cast<unsigned char* const*>(pointers_.get()),
            .device_slots = reinterpret_cast<const std::int64_t*>(mapping_.get()) + kGuardTokens};
  }

  // As the field's kernels are launched: on a GPU with their grid, and what the driver says of it.
  Status launch(const transfer::Plan& plan, StreamId stream) {
    const auto start = [&] {
      if (auto* const gpu = dynamic_cast<GpuDevice*>(&below()))
        return gpu->launch_transfer(stream, plan, cuda::TransferKernel::baseline);
      return below().launch_transfer(stream, plan);
    };
    return logged() == nullptr ? start() : logged()->launch_transfer_by(stream, plan, start);
  }
  Status run(const transfer::Plan& plan) {
    const Status status = launch(plan, stream_);
    transfer::require(device_, device_.synchronize_stream(stream_), "wait for a transfer");
    return status;
  }

  // What is on the device now. No log hears of a test that looks.
  transfer::Pages found_pages() {
    transfer::Pages found(shape_);
    for (std::size_t i = 0; i < pages_.size(); ++i)
      copy(below(), found.tensors[i].data(), pages_[i], found.tensors[i].size());
    return found;
  }
  transfer::Buffer found_buffer() {
    transfer::Buffer found(shape_, tokens());
    copy(below(), found.bytes.data(), device_buffer(), found.bytes.size());
    return found;
  }

  // The first row that is not what a right transfer from `skip` on leaves; empty: all are.
  std::string fault_in_pages(std::int64_t skip) {
    transfer::Pages expected = pages;
    transfer::expect_in_pages(expected, slots_, skip, kServer);
    const auto difference = transfer::find_difference(found_pages(), expected);
    return difference ? difference->message : "";
  }
  std::string fault_in_buffer(std::int64_t skip) {
    transfer::Buffer expected = buffer;
    transfer::expect_in_buffer(expected, slots_, skip, kEngine);
    const auto difference = transfer::find_difference(found_buffer(), expected);
    return difference ? difference->message : "";
  }

  Device& device() { return device_; }
  StreamId stream() const { return stream_; }
  std::int64_t tokens() const { return static_cast<std::int64_t>(slots_.size()); }
  const std::vector<std::int64_t>& slots() const { return slots_; }
  unsigned char* page_tensor(std::size_t index) const { return pages_[index]; }
  unsigned char* device_buffer() const { return memory_.get() + guard_bytes(); }

 private:
  // Now: a first load waits for an idle device, and a scenario may hold a stream up before its first
  // transfer. What fails here fails in the first transfer too, which says so.
  void load_kernels() {
    const cuda::TransferKernels* kernels = nullptr;
    if (auto* const gpu = dynamic_cast<GpuDevice*>(&below())) (void)gpu->transfer_kernels(&kernels);
  }
  std::size_t buffer_bytes() const { return static_cast<std::size_t>(shape_.buffer_bytes(tokens())); }
  std::size_t guard_bytes() const { return static_cast<std::size_t>(shape_.buffer_bytes(kGuardTokens)); }
  // Null where no log hears what is done.
  races::LoggedDevice* logged() { return dynamic_cast<races::LoggedDevice*>(&device_); }
  Device& below() { return logged() == nullptr ? device_ : logged()->below(); }
  // Streams do not wait for the legacy one, on which pageable memory may still be on its way.
  static void copy(Device& device, void* to, const void* from, std::size_t bytes) {
    transfer::require(device, device.copy(to, from, bytes), "copy");
    transfer::require(device, device.synchronize_device(), "wait for a copy");
  }
  void copy(void* to, const void* from, std::size_t bytes) { copy(device_, to, from, bytes); }

  Device& device_;
  const transfer::Shape shape_;
  const std::vector<std::int64_t> slots_;
  const std::int64_t foreign_;
  transfer::DeviceMemory mapping_, pointers_, memory_;
  std::vector<transfer::DeviceMemory> tensors_;
  std::vector<unsigned char*> pages_;
  StreamId stream_{};

 public:
  transfer::Pages pages;
  transfer::Buffer buffer;
};

// Slots [first, first + count).
inline std::vector<std::int64_t> slots_from(std::int64_t first, std::int64_t count) {
  std::vector<std::int64_t> slots;
  for (std::int64_t i = 0; i < count; ++i) slots.push_back(first + i);
  return slots;
}

// Three layers of K and V with two heads, in blocks of 16: small, and wrong strides show.
inline transfer::Shape small_cache(std::int64_t blocks) {
  return {transfer::Format::nl_x_two_nb_bs_nh_hs, transfer::Dtype::bf16, 3, blocks, 16, 2, 8};
}

}  // namespace kvtool::cells

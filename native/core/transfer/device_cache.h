// DeviceCache: a KV cache and a buffer in a device's memory, with what a transfer between them needs there.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "core/device/device.h"
#include "core/transfer/content.h"
#include "core/transfer/request.h"

namespace kvtool::transfer {

// Throws std::runtime_error with the device's own words.
inline void require(const Device& device, Status status, const char* doing) {
  if (status != Status::ok) throw std::runtime_error(std::string(doing) + ": " + device.describe(status));
}

// Memory that ends with its owner.
class DeviceMemory {
 public:
  DeviceMemory(Device& device, std::size_t bytes, MemoryKind kind) : device_(&device) {
    void* memory = nullptr;
    require(device, device.allocate(bytes, kind, &memory), "allocate");
    begin_ = static_cast<unsigned char*>(memory);
  }
  DeviceMemory(DeviceMemory&& other) noexcept
      : device_(other.device_), begin_(std::exchange(other.begin_, nullptr)) {}
  DeviceMemory(const DeviceMemory&) = delete;
  DeviceMemory& operator=(const DeviceMemory&) = delete;
  DeviceMemory& operator=(DeviceMemory&&) = delete;
  ~DeviceMemory() { (void)device_->free(begin_); }

  unsigned char* get() const { return begin_; }

 private:
  Device* device_;
  unsigned char* begin_ = nullptr;
};

class DeviceCache {
 public:
  // `misaligned`: every tensor and the buffer begin that many bytes behind an aligned address.
  DeviceCache(Device& device, const Shape& shape, std::vector<std::int64_t> slots, MemoryKind buffer_kind,
              std::size_t misaligned = 0)
      : device_(device),
        shape_(shape),
        slots_(std::move(slots)),
        misaligned_(misaligned),
        device_slots_(device, slots_.size() * sizeof(std::int64_t), MemoryKind::device),
        device_pages_(device, static_cast<std::size_t>(shape.pointers()) * sizeof(void*), MemoryKind::device),
        buffer_(device, buffer_bytes() + misaligned, buffer_kind) {
    for (std::int64_t i = 0; i < shape.pointers(); ++i) {
      tensors_.emplace_back(device, static_cast<std::size_t>(shape.pointer_bytes()) + misaligned,
                            MemoryKind::device);
      pages_.push_back(tensors_.back().get() + misaligned);
    }
    copy(device_slots_.get(), slots_.data(), slots_.size() * sizeof(std::int64_t));
    copy(device_pages_.get(), pages_.data(), pages_.size() * sizeof(void*));
  }

  Request request(Direction direction, std::int64_t skip) const {
    return {.shape = shape_,
            .direction = direction,
            .pages = pages_,
            .page_bytes = static_cast<std::size_t>(shape_.pointer_bytes()),
            .buffer = buffer(),
            .buffer_bytes = buffer_bytes(),
            .slots = slots_,
            .tokens = tokens(),
            .skip = skip,
            .device_pages = reinterpret_cast<unsigned char* const*>(device_pages_.get()),
            .device_slots = reinterpret_cast<const std::int64_t*>(device_slots_.get())};
  }

  std::int64_t tokens() const { return static_cast<std::int64_t>(slots_.size()); }
  std::span<const std::int64_t> slots() const { return slots_; }
  unsigned char* buffer() const { return buffer_.get() + misaligned_; }
  std::size_t buffer_bytes() const { return static_cast<std::size_t>(shape_.buffer_bytes(tokens())); }

  void upload(const Pages& pages) {
    for (std::size_t i = 0; i < pages_.size(); ++i)
      copy(pages_[i], pages.tensors[i].data(), pages.tensors[i].size());
  }
  void upload(const Buffer& from) { copy(buffer(), from.bytes.data(), from.bytes.size()); }
  void download(Pages& pages) {
    for (std::size_t i = 0; i < pages_.size(); ++i)
      copy(pages.tensors[i].data(), pages_[i], pages.tensors[i].size());
  }
  void download(Buffer& to) { copy(to.bytes.data(), buffer(), to.bytes.size()); }

 private:
  // A copy from pageable memory returns when the bytes are staged: a stream that does not wait for the legacy
  // one may still find the old ones.
  void copy(void* to, const void* from, std::size_t bytes) {
    require(device_, device_.copy(to, from, bytes), "copy");
    require(device_, device_.synchronize_device(), "wait for a copy");
  }

  Device& device_;
  const Shape shape_;
  const std::vector<std::int64_t> slots_;
  const std::size_t misaligned_;
  DeviceMemory device_slots_, device_pages_, buffer_;
  std::vector<DeviceMemory> tensors_;
  std::vector<unsigned char*> pages_;
};

// The plan, or std::logic_error with what is wrong with the request.
inline Plan plan_of(const Request& request) {
  auto made = make_plan(request);
  if (const auto* fault = std::get_if<InvalidArgument>(&made)) throw std::logic_error(fault->message());
  return std::get<Plan>(made);
}

}  // namespace kvtool::transfer

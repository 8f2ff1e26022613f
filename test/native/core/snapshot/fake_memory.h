// FakeMemory: a target's memory in a test's hands.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <map>
#include <span>
#include <type_traits>
#include <vector>

#include "core/snapshot/memory.h"

namespace kvtool::snapshot {

class FakeMemory final : public Memory {
 public:
  template <typename T>
  void put(std::uint64_t address, const T& value) {
    static_assert(std::is_trivially_copyable_v<T>);
    for (std::size_t i = 0; i < sizeof(T); ++i)
      bytes_[address + i] = reinterpret_cast<const std::byte*>(&value)[i];
  }
  // Called before every reading.
  void before_read(std::function<void()> hook) { before_read_ = std::move(hook); }

  std::size_t read(std::uint64_t address, std::span<std::byte> out) const override {
    if (before_read_) before_read_();
    std::size_t copied = 0;
    for (; copied < out.size(); ++copied) {
      const auto byte = bytes_.find(address + copied);
      if (byte == bytes_.end()) break;
      out[copied] = byte->second;
    }
    return copied;
  }

 private:
  std::map<std::uint64_t, std::byte> bytes_;
  std::function<void()> before_read_;
};

}  // namespace kvtool::snapshot

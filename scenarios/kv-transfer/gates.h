// Gates in the streams of one device, which hold up what is behind them. All are open before any waits for
// the device, however the scope ends.
#pragma once

#include <cstddef>
#include <deque>

#include "core/device/table/gate.h"
#include "core/transfer/device_cache.h"

namespace kvtool::cells {

class Gates {
 public:
  explicit Gates(Device& device) : device_(device) {}
  Gates(const Gates&) = delete;
  Gates& operator=(const Gates&) = delete;
  ~Gates() { open_first(gates_.size()); }

  // Throws std::runtime_error with the device's words.
  table::Gate& hold(StreamId stream) {
    table::Gate& gate = gates_.emplace_back(device_);
    transfer::require(device_, device_.launch_kernel(stream, device_.loaded_module(), gate.kernel()),
                      "hold a stream");
    return gate;
  }
  // In the order in which they were set up. REQUIRES: there are so many.
  void open_first(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) gates_[i].open();
  }

 private:
  Device& device_;
  std::deque<table::Gate> gates_;
};

}  // namespace kvtool::cells

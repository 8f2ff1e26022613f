#pragma once

#include <stdexcept>
#include <string>
#include <utility>

namespace kvtool {

// The machine lacks what a device needs. what() names the call and what was found; `advice` says what to do.
class DeviceUnavailable : public std::runtime_error {
 public:
  DeviceUnavailable(const std::string& message, std::string advice)
      : std::runtime_error(message), advice_(std::move(advice)) {}
  const std::string& advice() const { return advice_; }

 private:
  std::string advice_;
};

}  // namespace kvtool

#include "core/device/sim/names.h"

#include <pthread.h>

namespace kvtool::sim {
namespace {

// append() and not operator+: the latter gives false -Wrestrict warnings in GCC 12
// (https://gcc.gnu.org/PR105651).
std::string numbered(std::string_view prefix, std::optional<unsigned> number) {
  return number ? std::string(prefix).append(std::to_string(*number)) : std::string();
}

}  // namespace

Names::Names(std::optional<unsigned> context)
    : suffix(numbered("@", context)),
      runtime_lock("driver-lock:R"),
      context_lock("driver-lock:C" + suffix),
      launch_lock("driver-lock:W" + suffix),
      idle("device:idle" + suffix),
      host_functions("device:host-functions" + suffix),
      executor_line("host-function executor" + numbered(" ", context)) {}

std::string Names::stream(StreamId id) const {
  return "stream:" + std::to_string(static_cast<std::uint32_t>(id)) + suffix;
}

std::string Names::event(EventId id) const {
  return "event:" + std::to_string(static_cast<std::uint32_t>(id)) + suffix;
}

void name_this_thread(std::string name) {
  constexpr std::size_t kLinuxLimit = 15;
  if (name.size() > kLinuxLimit) name.resize(kLinuxLimit);
  pthread_setname_np(pthread_self(), name.c_str());
}

}  // namespace kvtool::sim

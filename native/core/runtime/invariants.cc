#include "core/runtime/invariants.h"

#include <algorithm>
#include <mutex>
#include <utility>

namespace kvtool {

namespace {
struct Broken {
  std::mutex mutex;  // guards the members below; leaf but for what is told
  std::vector<std::string> texts;
  std::function<void(std::string_view)> told;
};
Broken& broken() {
  static Broken instance;
  return instance;
}
}  // namespace

void report_broken_invariant(std::string_view invariant) {
  constexpr std::size_t kKept = 16;
  Broken& all = broken();
  const std::lock_guard guard(all.mutex);
  if (all.texts.size() >= kKept ||
      std::find(all.texts.begin(), all.texts.end(), invariant) != all.texts.end())
    return;
  all.texts.emplace_back(invariant);
  if (all.told) all.told(invariant);
}

std::vector<std::string> take_broken_invariants() {
  Broken& all = broken();
  const std::lock_guard guard(all.mutex);
  return std::exchange(all.texts, {});
}

void tell_broken_invariants(std::function<void(std::string_view)> told) {
  Broken& all = broken();
  const std::lock_guard guard(all.mutex);
  all.told = std::move(told);
}

}  // namespace kvtool

#include "core/runtime/invariants.h"

#include <algorithm>
#include <mutex>
#include <utility>

namespace kvtool {

namespace {
struct Broken {
  std::mutex mutex;  // guards texts; leaf
  std::vector<std::string> texts;
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
  if (all.texts.size() < kKept && std::find(all.texts.begin(), all.texts.end(), invariant) == all.texts.end())
    all.texts.emplace_back(invariant);
}

std::vector<std::string> take_broken_invariants() {
  Broken& all = broken();
  const std::lock_guard guard(all.mutex);
  return std::exchange(all.texts, {});
}

}  // namespace kvtool

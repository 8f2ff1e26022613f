#include "core/snapshot/python/gil.h"

#include <algorithm>
#include <array>
#include <cstring>

namespace kvtool::snapshot::python {
namespace {

constexpr std::uint64_t kHolder = 8;
constexpr std::uint64_t kLocked = 16;
constexpr std::uint64_t kSwitches = 24;
// A pthread_cond_t and a pthread_mutex_t for those who want it, and again for who gives it away and waits
// until another has it.
constexpr std::uint64_t kWords = 32;
constexpr std::uint64_t kEnd = kWords + 2 * (48 + 40);

bool plausible(const GilState& state) { return state.locked >= -1 && state.locked <= 1; }

}  // namespace

bool Gil::has_word(std::uint64_t futex) const { return futex >= address + kWords && futex < address + kEnd; }

std::optional<GilState> read_gil_state(const Objects& objects, std::uint64_t address) {
  const auto bytes = objects.bytes_at(address, kWords);
  if (!bytes) return std::nullopt;
  GilState state;
  std::memcpy(&state.locked, bytes->data() + kLocked, sizeof state.locked);
  std::memcpy(&state.holder, bytes->data() + kHolder, sizeof state.holder);
  std::memcpy(&state.switches, bytes->data() + kSwitches, sizeof state.switches);
  return plausible(state) ? std::optional(state) : std::nullopt;
}

std::vector<Gil> find_gils(const Objects& objects, std::uint64_t runtime,
                           const std::vector<Interpreter>& interpreters) {
  const Layout& layout = objects.layout();
  std::vector<Gil> found;
  const auto add = [&](std::uint64_t address, std::int64_t interpreter) {
    const std::string name = interpreter == 0 ? "GIL" : "GIL#" + std::to_string(interpreter);
    const auto known = std::ranges::find(found, address, &Gil::address);
    if (known != found.end()) {
      // Interpreters that share one come in any order; it is called after the main one.
      if (interpreter == 0) known->name = name;
      return;
    }
    if (const auto state = read_gil_state(objects, address))
      found.push_back({.address = address, .name = name, .state = *state});
  };
  if (layout.runtime.gil != kNone) add(runtime + layout.runtime.gil, 0);
  if (layout.interpreter.gil == kNone) return found;
  for (const Interpreter& interpreter : interpreters)
    if (const auto address = objects.word(interpreter.state + layout.interpreter.gil);
        address && *address != 0)
      add(*address, interpreter.id);
  return found;
}

}  // namespace kvtool::snapshot::python

#include "core/snapshot/v8/isolate.h"

#include <algorithm>

namespace kvtool::snapshot::v8 {
namespace {

constexpr std::uint64_t kMainStackLimit = std::uint64_t{64} << 20;

// V8's frames, from the frame pointer. The same in all versions known.
constexpr std::uint64_t kReturnAddress = 8;
constexpr std::uint64_t kCallerStack = 16;
constexpr std::uint64_t kExitStack = 16;      // below: the stack pointer when it was left
constexpr std::uint64_t kEntryNextExit = 64;  // below: the exit frame before this entry

// Does the stack that V8 limits itself to belong to this thread?
bool is_own_stack(const AddressMap& map, std::uint64_t limit, std::uint64_t thread_pointer,
                  bool main_thread) {
  if (main_thread) {
    // It grows on demand, so what V8 may use is not mapped yet.
    const auto& all = map.mappings();
    const auto stack = std::ranges::find(all, "[stack]", &Mapping::path);
    return stack != all.end() && limit < stack->end && stack->end - limit < kMainStackLimit;
  }
  const Mapping* stack = map.find(thread_pointer);
  return stack != nullptr && limit >= stack->start && limit < stack->end;
}

}  // namespace

std::optional<Isolate> isolate_of(const Memory& memory, const AddressMap& map, const Engine& engine,
                                  std::uint64_t thread_pointer, bool main_thread) {
  if (!engine.current_isolate()) return std::nullopt;
  const Constants& constants = *engine.layout().constants;
  const auto address =
      memory.value<std::uint64_t>(thread_pointer + static_cast<std::uint64_t>(*engine.current_isolate()));
  if (!address || *address == 0) return std::nullopt;
  const auto word = [&](int offset) {
    return memory.value<std::uint64_t>(*address + static_cast<std::uint64_t>(offset)).value_or(0);
  };
  if (word(constants.isolate_self) != *address) return std::nullopt;
  if (!is_own_stack(map, word(constants.isolate_stack_limit), thread_pointer, main_thread))
    return std::nullopt;
  return Isolate{.address = *address, .exit_frame = word(constants.isolate_exit_frame)};
}

std::optional<Segment> read_segment(const Memory& memory, const FrameDecoder& decoder,
                                    std::uint64_t exit_frame) {
  const auto word = [&](std::uint64_t address) { return memory.value<std::uint64_t>(address).value_or(0); };
  Segment segment;
  std::uint64_t fp = exit_frame;
  std::uint64_t pc = word(word(fp - kExitStack) - sizeof(std::uint64_t));
  while (segment.steps.size() < kFrameLimit) {
    segment.steps.push_back({.pc = pc, .exact = false, .fp = fp});
    const std::uint64_t outer = word(fp);
    if (outer <= fp && !decoder.is_entry(fp)) return std::nullopt;
    pc = word(fp + kReturnAddress);
    if (pc == 0) return std::nullopt;
    if (decoder.is_entry(fp)) {
      segment.caller = {.pc = pc, .sp = fp + kCallerStack, .fp = outer, .exact = false, .through = {}};
      segment.next_exit = word(fp - kEntryNextExit);
      return segment;
    }
    fp = outer;
  }
  return std::nullopt;
}

}  // namespace kvtool::snapshot::v8

// FrameDecoder: the JavaScript functions of one machine frame, by its frame pointer.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "core/snapshot/process_dump.h"
#include "core/snapshot/v8/code.h"
#include "core/snapshot/v8/engine.h"
#include "core/snapshot/v8/function.h"
#include "core/snapshot/v8/heap.h"
#include "core/snapshot/v8/optimized.h"
#include "core/snapshot/v8/script.h"

namespace kvtool::snapshot::v8 {

inline constexpr const char* kBuiltinTier = "builtin";
// As Error.stack calls functions without a name.
inline constexpr const char* kAnonymous = "<anonymous>";

// A frame of code that V8 made.
struct MachineFrame {
  std::uint64_t pc = 0;      // where it goes on
  std::uint64_t lookup = 0;  // inside the call
  std::uint64_t fp = 0;
};

class FrameDecoder {
 public:
  // All must outlive the decoder.
  FrameDecoder(const Memory& memory, const Engine& engine, const AddressMap& map);

  // Innermost first. Empty when the frame is of no JavaScript function (V8's own stubs, entries and exits).
  std::vector<Frame> functions(const MachineFrame& frame);
  // Is it where C++ calls into JavaScript?
  bool is_entry(std::uint64_t fp) const;
  // What was read before is not to be used again.
  void forget();

 private:
  std::vector<Frame> optimized(const MachineFrame& frame, const Code& code, Word shared);
  std::optional<std::int32_t> frame_kind(std::uint64_t fp) const;
  Word slot(std::uint64_t fp, int offset) const;
  // The bytecode that the interpreter is at, if this is a frame of it.
  std::optional<int> interpreted_position(std::uint64_t fp, Word bytecode) const;
  std::optional<int> baseline_position(const MachineFrame& frame, const Code& code, Word bytecode) const;
  Frame describe(const MachineFrame& frame, Word shared, const char* tier, std::optional<int> position);

  const Engine& engine_;
  Heap heap_;
  CodeFinder code_;
  Functions functions_;
  Scripts scripts_;
  OptimizedFrames optimized_;
};

}  // namespace kvtool::snapshot::v8

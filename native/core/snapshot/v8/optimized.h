// Optimized code: one machine frame that stands for a function and those that were inlined into it.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "core/snapshot/v8/code.h"
#include "core/snapshot/v8/function.h"
#include "core/snapshot/v8/heap.h"

namespace kvtool::snapshot::v8 {

struct InlinedFrame {
  Word shared = 0;
  std::optional<int> position;  // in the function's script
};

class OptimizedFrames {
 public:
  // Both must outlive this.
  OptimizedFrames(const Heap& heap, const Functions& functions) : heap_(heap), functions_(functions) {}

  // The functions at the call that returns to `pc`, innermost first; the last is the optimized one itself.
  // Empty when the code does not tell.
  std::vector<InlinedFrame> at_call(const Code& code, std::uint64_t pc, Word outermost) const;

 private:
  std::vector<InlinedFrame> by_deoptimization(const Code& code, std::uint64_t pc) const;
  std::vector<InlinedFrame> by_positions(const Code& code, std::uint64_t pc, Word outermost) const;
  std::optional<std::size_t> translation_index(const Code& code, std::uint64_t pc) const;
  Word literal(const Code& code, std::size_t index) const;

  const Heap& heap_;
  const Functions& functions_;
};

// Where the bytecode at `offset` is in its function's script.
std::optional<int> bytecode_position(const Heap& heap, Word bytecode, std::int64_t offset);

}  // namespace kvtool::snapshot::v8

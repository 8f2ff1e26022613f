// Translations: how V8 notes, for each call in optimized code, which unoptimized frames it stands for. It
// does so to be able to go back to them; to us they say which functions were inlined and where each one is.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "core/snapshot/v8/constants.h"

namespace kvtool::snapshot::v8 {

struct TranslatedFrame {
  bool builtin = false;
  int bytecode_offset = 0;
  std::size_t literal = 0;  // index of the function in the code's literals
};

// The frames of the translation that begins at `index`, outermost first. Empty when it is none.
std::vector<TranslatedFrame> read_translation(std::span<const std::byte> translations, std::size_t index,
                                              const Translation& format);

}  // namespace kvtool::snapshot::v8

#include "core/device/cuda/hold_words.h"

#include <algorithm>

namespace kvtool::cuda {

HoldWords* HoldWordsPool::take() {
  const std::lock_guard guard(lock_);
  const auto ended = std::partition(ending_.begin(), ending_.end(),
                                    [](HoldWords* words) { return words->read_state() != 2; });
  free_.insert(free_.end(), ended, ending_.end());
  ending_.erase(ended, ending_.end());
  if (free_.empty()) {
    auto* const block = static_cast<HoldWords*>(allocate_block_());
    if (block == nullptr) return nullptr;
    for (std::size_t i = 0; i < kWordsInBlock; ++i) free_.push_back(block + i);
  }
  HoldWords* const words = free_.back();
  free_.pop_back();
  *words = {};
  return words;
}

void HoldWordsPool::give_back(HoldWords* words, bool launched) {
  const std::lock_guard guard(lock_);
  (launched ? ending_ : free_).push_back(words);
}

}  // namespace kvtool::cuda

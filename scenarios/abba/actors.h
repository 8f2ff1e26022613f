// abba: threads that take two locks each, in a ring: thread i takes lock i and then lock i + 1.
#pragma once

#include <mutex>
#include <string>

#include "core/explorer/program.h"

namespace kvtool::abba {

template <class Rt>
class AbBa {
 public:
  static constexpr bool kMayBeAbandoned = true;
  static constexpr unsigned kMost = 6;

  // `padding`: unrelated steps of each thread before it takes its locks. `ordered`: the fix.
  AbBa(unsigned threads, unsigned padding, bool ordered)
      : threads_(threads), padding_(padding), ordered_(ordered) {}

  static unsigned actor_count(unsigned threads, unsigned, bool) { return threads; }
  static std::string actor_name(unsigned actor) { return explore::numbered("T", actor); }

  void run(unsigned actor) {
    for (unsigned i = 0; i < padding_; ++i) Rt::yield();
    unsigned first = actor;
    unsigned second = (actor + 1) % threads_;
    if (ordered_ && first > second) std::swap(first, second);
    const std::lock_guard outer(locks_[first]);
    Rt::perturb("abba:between");
    const std::lock_guard inner(locks_[second]);
  }

 private:
  using Lock = typename Rt::mutex;
  const unsigned threads_, padding_;
  const bool ordered_;
  Lock locks_[kMost] = {Lock("A"), Lock("B"), Lock("C"), Lock("D"), Lock("E"), Lock("F")};
};

}  // namespace kvtool::abba

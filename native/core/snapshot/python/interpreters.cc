#include "core/snapshot/python/interpreters.h"

#include <algorithm>

#include "core/snapshot/glibc_layout.h"

namespace kvtool::snapshot::python {
namespace {

constexpr std::size_t kInterpreterLimit = 1024;
constexpr std::size_t kThreadLimit = 16384;
// The lists are read without their lock: a thread that ends meanwhile leads into memory that is free.
constexpr int kTries = 3;

class Walk {
 public:
  Walk(const Objects& objects, const LiveThread& live)
      : objects_(objects), layout_(objects.layout()), live_(live) {}

  // False when something was not what it should be.
  bool run(std::uint64_t runtime) {
    std::uint64_t state = word(runtime + layout_.runtime.interpreters);
    if (state == 0) return false;
    for (; state != 0; state = word(state + layout_.interpreter.next)) {
      if (found_.all.size() == kInterpreterLimit) return false;
      const auto id = objects_.word(state + layout_.interpreter.id);
      if (!id) return false;
      found_.all.push_back({.state = state, .id = static_cast<std::int64_t>(*id)});
      if (!read_threads(state)) return false;
    }
    return true;
  }

  Interpreters take() { return std::move(found_); }

 private:
  std::uint64_t word(std::uint64_t address) const { return objects_.word(address).value_or(0); }

  bool read_threads(std::uint64_t interpreter) {
    std::uint64_t state = word(interpreter + layout_.interpreter.threads);
    for (; state != 0; state = word(state + layout_.thread.next)) {
      if (found_.threads.size() == kThreadLimit) return false;
      if (word(state + layout_.thread.interpreter) != interpreter) return false;
      PythonThread thread{.state = state, .interpreter = interpreter};
      thread.ident = word(state + layout_.thread.ident);
      thread.tid = tid_of(thread);
      thread.exit_lock = exit_lock_of(state);
      found_.threads.push_back(thread);
    }
    return true;
  }

  std::optional<pid_t> tid_of(const PythonThread& thread) const {
    if (layout_.thread.native_id != kNone) {
      const auto id = objects_.integer(thread.state + layout_.thread.native_id);
      if (const auto tid = id ? live_(*id) : std::nullopt) return tid;
    }
    // A forked child may still have its parent's number there. pthread_t is the address of glibc's record of
    // the thread, which has the right one.
    if (!glibc::kKnowsThread || word(thread.ident + glibc::kThreadSelf) != thread.ident) return std::nullopt;
    const auto id = objects_.integer(thread.ident + glibc::kThreadTid);
    return id ? live_(*id) : std::nullopt;
  }

  std::uint64_t exit_lock_of(std::uint64_t state) const {
    constexpr std::uint64_t kReferent = 16;  // PyWeakReference.wr_object
    if (layout_.thread.exit_lock_reference == kNone) return 0;
    const std::uint64_t reference = word(state + layout_.thread.exit_lock_reference);
    if (reference == 0 || !objects_.type_of(reference).starts_with("weakref")) return 0;
    return word(reference + kReferent);
  }

  const Objects& objects_;
  const Layout& layout_;
  const LiveThread& live_;
  Interpreters found_;
};

}  // namespace

std::optional<Interpreters> read_interpreters(const Objects& objects, std::uint64_t runtime,
                                              const LiveThread& live) {
  Interpreters best;
  for (int attempt = 0; attempt < kTries; ++attempt) {
    Walk walk(objects, live);
    const bool complete = walk.run(runtime);
    Interpreters found = walk.take();
    if (complete) return found;
    if (found.threads.size() >= best.threads.size()) best = std::move(found);
  }
  // Not even the first thread of the first interpreter: this is something else.
  if (best.threads.empty()) return std::nullopt;
  best.cut = true;
  return best;
}

}  // namespace kvtool::snapshot::python

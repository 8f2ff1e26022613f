#include "core/runtime/named_mutex.h"

#include "core/runtime/lock_line.h"

namespace kvtool {

NamedMutex::NamedMutex(std::string_view name) : resource_("mutex:" + std::string(name)) {}

void NamedMutex::lock(std::string_view where) {
  if (try_lock()) return;  // an uncontended lock is never a wait, so it writes the line once
  LockLine* line = LockLine::current();
  if (line != nullptr) line->want(resource_, where);
  mutex_.lock();
  if (line != nullptr) line->got();
}

bool NamedMutex::try_lock() {
  if (!mutex_.try_lock()) return false;
  if (LockLine* line = LockLine::current(); line != nullptr) line->hold(resource_);
  return true;
}

void NamedMutex::unlock() {
  // Before the release: two threads must never both claim the mutex; that none does for a moment misleads
  // nobody.
  if (LockLine* line = LockLine::current(); line != nullptr) line->drop(resource_);
  mutex_.unlock();
}

}  // namespace kvtool

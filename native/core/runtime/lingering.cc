#include "core/runtime/lingering.h"

#include <algorithm>
#include <mutex>
#include <utility>
#include <vector>

namespace kvtool {
namespace {

struct Waiting {
  // Guards `objects`. Never held while an object is destroyed, so destructors may do what they like.
  std::mutex mutex;
  std::vector<std::unique_ptr<Lingering>> objects;
};

// Never destroyed: a driver thread may outlive the destructors of static objects.
Waiting& waiting() {
  union Undestroyed {
    Undestroyed() : value() {}
    ~Undestroyed() {}
    Waiting value;
  };
  static Undestroyed storage;
  return storage.value;
}

}  // namespace

void linger(std::unique_ptr<Lingering> object) {
  sweep_lingering();
  const std::lock_guard guard(waiting().mutex);
  waiting().objects.push_back(std::move(object));
}

std::size_t sweep_lingering() {
  std::vector<std::unique_ptr<Lingering>> finished;  // destroyed after the lock was released
  const std::lock_guard guard(waiting().mutex);
  std::vector<std::unique_ptr<Lingering>>& objects = waiting().objects;
  const auto first =
      std::partition(objects.begin(), objects.end(), [](const auto& o) { return !o->finished(); });
  finished.assign(std::make_move_iterator(first), std::make_move_iterator(objects.end()));
  objects.erase(first, objects.end());
  return objects.size();
}

}  // namespace kvtool

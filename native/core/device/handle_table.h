// HandleTable: the numbers that a device hands out and the objects behind them. Numbers start at 1 and are
// never used twice, so a destroyed handle stays invalid.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <utility>

namespace kvtool {

// Safe from any thread.
template <class Id, class T>
class HandleTable {
 public:
  // Stores what `make(id)` returns; `make` runs outside of the table's lock. Nothing is stored when it
  // throws.
  template <class Make>
  Id add(Make make) {
    Id id{};
    {
      const std::lock_guard guard(lock_);
      id = Id{++last_};
    }
    std::shared_ptr<T> object = make(id);
    const std::lock_guard guard(lock_);
    objects_.emplace(id, std::move(object));
    return id;
  }

  // Null when there is no such handle.
  std::shared_ptr<T> find(Id id) const {
    const std::lock_guard guard(lock_);
    const auto found = objects_.find(id);
    return found == objects_.end() ? nullptr : found->second;
  }

  // As find(), and the handle is invalid from now on.
  std::shared_ptr<T> remove(Id id) {
    const std::lock_guard guard(lock_);
    const auto node = objects_.extract(id);
    return node.empty() ? nullptr : node.mapped();
  }

  // Calls `destroy` with every object and forgets them, in no order. REQUIRES: no other call in progress.
  template <class Destroy>
  void clear(Destroy destroy) {
    for (const auto& [id, object] : objects_) destroy(*object);
    objects_.clear();
  }

 private:
  mutable std::mutex lock_;  // guards the two below; held only for a look-up
  std::uint32_t last_ = 0;
  std::map<Id, std::shared_ptr<T>> objects_;
};

}  // namespace kvtool

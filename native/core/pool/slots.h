// Slots: memory for objects of one type, handed out as handles with a generation tag. What would be undefined
// behaviour with pointers is found and named: use after free, double free, and what is left at the end.
//
//   Slots<Rt, Sequence> sequences(16, "sequence");
//   auto handle = sequences.allocate(Sequence{...});           // nothing when all are in use
//   sequences.use(*handle, [](Sequence& it) { ... });          // "use after free of sequence"
//   sequences.free(*handle);                                   // "double free of sequence"
//   sequences.check_leaks();                                   // "leak of sequence"
//
// A freed slot is used again as late as possible, so a stale handle keeps being caught. Thread-safety is that
// of the memory it stands for: allocate(), free() and check_leaks() need the caller's lock, and so do two
// uses of one object of which one writes. use() alone never touches anything shared but the object and its
// tag.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/runtime/lifetime.h"

namespace kvtool::pool {

struct Handle {
  std::uint32_t index;
  std::uint32_t generation;
  bool operator==(const Handle&) const = default;
};

template <class Rt, class T>
class Slots {
 public:
  // `what` names the objects in reports.
  Slots(std::uint32_t capacity, std::string_view what)
      : use_after_free_("use after free of " + std::string(what)),
        double_free_("double free of " + std::string(what)),
        leak_("leak of " + std::string(what)),
        capacity_(capacity),
        tags_(new Tag[capacity]),
        objects_(new Object[capacity]),
        free_(initially_free(capacity)) {}

  // A new object with that value, or nothing when `capacity` of them are in use.
  std::optional<Handle> allocate(T value) {
    const std::uint32_t index = free_.update([](std::vector<std::uint32_t>& free) {
      if (free.empty()) return kFull;
      const std::uint32_t first = free.front();
      free.erase(free.begin());
      return first;
    });
    if (index == kFull) return std::nullopt;
    // Odd: in use.
    const std::uint32_t generation = tags_[index].load(std::memory_order_relaxed) + 1;
    objects_[index].update([&value](T& object) { object = std::move(value); });
    tags_[index].store(generation, std::memory_order_relaxed);
    return Handle{index, generation};
  }

  // REQUIRES: a handle of this Slots.
  void free(Handle handle) {
    if (tags_[handle.index].load(std::memory_order_relaxed) != handle.generation)
      return Rt::lifetime_error(LifetimeError::double_free, double_free_);
    tags_[handle.index].store(handle.generation + 1, std::memory_order_relaxed);
    free_.update([handle](std::vector<std::uint32_t>& free) { free.push_back(handle.index); });
  }

  // What `look(object)` returns, or nothing (and a report) when the object was freed.
  template <class Look>
  auto get(Handle handle, Look look) const -> std::optional<decltype(look(std::declval<const T&>()))> {
    if (!is_alive(handle)) return std::nullopt;
    return objects_[handle.index].get(look);
  }
  // Runs `change(object)`; false (and a report) when the object was freed.
  template <class Change>
  bool use(Handle handle, Change change) {
    if (!is_alive(handle)) return false;
    objects_[handle.index].update([&change](T& object) { change(object); });
    return true;
  }

  std::uint32_t in_use() const {
    return capacity_ - free_.get([](const std::vector<std::uint32_t>& free) {
      return static_cast<std::uint32_t>(free.size());
    });
  }
  // At the end, when nobody uses the memory.
  void check_leaks() const {
    if (in_use() > 0) Rt::lifetime_error(LifetimeError::leak, leak_);
  }

 private:
  static constexpr std::uint32_t kFull = 0xffff'ffff;
  using Tag = typename Rt::template atomic<std::uint32_t>;
  using Object = typename Rt::template plain<T>;

  static std::vector<std::uint32_t> initially_free(std::uint32_t capacity) {
    std::vector<std::uint32_t> free(capacity);
    for (std::uint32_t i = 0; i < capacity; ++i) free[i] = i;
    return free;
  }
  bool is_alive(Handle handle) const {
    if (tags_[handle.index].load(std::memory_order_relaxed) == handle.generation) return true;
    Rt::lifetime_error(LifetimeError::use_after_free, use_after_free_);
    return false;
  }

  const std::string use_after_free_, double_free_, leak_;
  const std::uint32_t capacity_;
  // Relaxed: a tag orders nothing, it only tells whether the object is still there.
  std::unique_ptr<Tag[]> tags_;
  std::unique_ptr<Object[]> objects_;
  typename Rt::template plain<std::vector<std::uint32_t>> free_;  // first freed first
};

}  // namespace kvtool::pool

// RealPlain: data that is *not* a means of synchronisation: some lock or order of events must protect it.
// Access is explicit so that a model can check each one against the happens-before order; here
// ThreadSanitizer does, on the plain T.
#pragma once

#include <string_view>
#include <utility>

namespace kvtool {

template <class T>
class RealPlain {
 public:
  RealPlain() = default;
  // The name is for a model's reports.
  explicit RealPlain(T value, std::string_view /*name*/ = {}) : value_(std::move(value)) {}
  RealPlain(const RealPlain&) = delete;
  RealPlain& operator=(const RealPlain&) = delete;

  const T& read() const { return value_; }
  T& write() { return value_; }

  // What `look(value)` returns is all that the caller learns of the value; a model's search then need not
  // tell apart states that differ in the rest.
  template <class Look>
  auto get(Look look) const {
    return look(value_);
  }
  // The same for a change.
  template <class Change>
  auto update(Change change) {
    return change(value_);
  }

 private:
  T value_{};
};

}  // namespace kvtool

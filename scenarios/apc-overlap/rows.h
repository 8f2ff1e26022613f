// Rows: a piece of KV memory in the model, as two halves that a copy moves one after the other. A half's
// content is a label: whose it is.
#pragma once

#include <string_view>

namespace kvtool::kv_rows {

using Label = char;

template <class Rt>
class Rows {
 public:
  Rows(Label initial, std::string_view first, std::string_view second)
      : first_(initial, first), second_(initial, second) {}

  void fill(Label label) {
    first_.update([label](Label& half) { half = label; });
    Rt::yield();  // where others may see one half moved and not the other
    second_.update([label](Label& half) { half = label; });
  }
  void copy_from(const Rows& source) {
    const Label first = get(source.first_);
    first_.update([first](Label& half) { half = first; });
    Rt::yield();
    const Label second = get(source.second_);
    second_.update([second](Label& half) { half = second; });
  }
  // Whether both halves are `label`'s, read one after the other.
  bool reads_as(Label label) const {
    const Label first = get(first_);
    Rt::yield();
    return get(second_) == label && first == label;
  }
  // After the execution, and where the caller is the only one who can.
  bool is(Label label) const { return get(first_) == label && get(second_) == label; }

 private:
  using Half = typename Rt::template plain<Label>;
  static Label get(const Half& half) {
    return half.get([](Label label) { return label; });
  }
  Half first_, second_;
};

}  // namespace kvtool::kv_rows

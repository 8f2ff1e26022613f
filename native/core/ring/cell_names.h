// What a model calls the ring's flags and payload words: "written0", "read0.1" (slot 0, reader 1),
// "payload0.a". Rings larger than this table have cells without names.
#pragma once

#include <array>
#include <string_view>

namespace kvtool::ring {

inline constexpr unsigned kNamedSlots = 4, kNamedCells = 4;

class CellName {
 public:
  constexpr CellName() = default;
  constexpr CellName(std::string_view what, unsigned slot, char cell) {
    for (const char c : what) add(c);
    add(static_cast<char>('0' + slot));
    if (cell == '\0') return;
    add('.');
    add(cell);
  }
  constexpr std::string_view text() const { return {text_.data(), size_}; }

 private:
  constexpr void add(char c) { text_[size_++] = c; }
  std::array<char, 12> text_{};
  unsigned size_ = 0;
};

struct CellNames {
  std::array<CellName, kNamedSlots> written;
  std::array<std::array<CellName, kNamedCells>, kNamedSlots> read, payload;
};

inline constexpr CellNames kCellNames = [] {
  CellNames names;
  for (unsigned slot = 0; slot < kNamedSlots; ++slot) {
    names.written[slot] = CellName("written", slot, '\0');
    for (unsigned i = 0; i < kNamedCells; ++i) {
      names.read[slot][i] = CellName("read", slot, static_cast<char>('0' + i));
      names.payload[slot][i] = CellName("payload", slot, static_cast<char>('a' + i));
    }
  }
  return names;
}();

constexpr std::string_view written_name(unsigned slot) {
  return slot < kNamedSlots ? kCellNames.written[slot].text() : std::string_view();
}
constexpr std::string_view read_name(unsigned slot, unsigned reader) {
  return slot < kNamedSlots && reader < kNamedCells ? kCellNames.read[slot][reader].text()
                                                    : std::string_view();
}
constexpr std::string_view payload_name(unsigned slot, unsigned word) {
  return slot < kNamedSlots && word < kNamedCells ? kCellNames.payload[slot][word].text()
                                                  : std::string_view();
}

}  // namespace kvtool::ring

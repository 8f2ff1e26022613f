// Shadow: what is known about each byte of memory, kept by ranges. Ranges are split where something new
// begins or ends, and made one again where neighbours know the same: the number of ranges follows that of
// different borders, not that of bytes or accesses.
#pragma once

#include <cstddef>
#include <iterator>
#include <map>
#include <utility>
#include <vector>

#include "core/device/races/byte_range.h"

namespace kvtool::races {

// Not safe from several threads. T: equal when it is the same.
template <class T>
class Shadow {
 public:
  using Entries = std::vector<T>;

  // Calls change(part, entries) for parts that together are `range`, in order; `entries` may be changed.
  template <class Change>
  void change(const ByteRange& range, Change change_part) {
    if (range.begin >= range.end) return;
    split(range.begin);
    split(range.end);
    auto at = cells_.lower_bound(range.begin);
    for (std::uintptr_t from = range.begin; from < range.end;) {
      if (at == cells_.end() || at->first > from) {  // nothing is known here
        const std::uintptr_t to = at == cells_.end() ? range.end : std::min(at->first, range.end);
        at = cells_.emplace_hint(at, from, Cell{to, {}});
      }
      change_part(ByteRange{from, at->second.end}, at->second.entries);
      from = at->second.end;
      ++at;
    }
    join(range);
  }

  // Nothing is known about `range` any more.
  void forget(const ByteRange& range) {
    if (range.begin >= range.end) return;
    split(range.begin);
    split(range.end);
    cells_.erase(cells_.lower_bound(range.begin), cells_.lower_bound(range.end));
  }

  template <class Predicate>
  void forget_entries(Predicate is_old) {
    for (auto at = cells_.begin(); at != cells_.end();) {
      std::erase_if(at->second.entries, is_old);
      at = at->second.entries.empty() ? cells_.erase(at) : std::next(at);
    }
    if (!cells_.empty()) join({cells_.begin()->first, std::prev(cells_.end())->second.end});
  }

  template <class Visit>
  void for_each_entry(Visit visit) const {
    for (const auto& [begin, cell] : cells_)
      for (const T& entry : cell.entries) visit(entry);
  }
  std::size_t cells() const { return cells_.size(); }

 private:
  struct Cell {
    std::uintptr_t end;
    Entries entries;
  };

  // No cell lies on both sides of `border`.
  void split(std::uintptr_t border) {
    auto at = cells_.upper_bound(border);
    if (at == cells_.begin()) return;
    --at;
    if (at->first == border || at->second.end <= border) return;
    cells_.emplace_hint(std::next(at), border, Cell{at->second.end, at->second.entries});
    at->second.end = border;
  }

  // Cells in and beside `range` that know the same become one; those that know nothing go.
  void join(const ByteRange& range) {
    auto at = cells_.lower_bound(range.begin);
    if (at != cells_.begin()) --at;
    while (at != cells_.end() && at->first <= range.end) {
      if (at->second.entries.empty()) {
        at = cells_.erase(at);
        continue;
      }
      const auto next = std::next(at);
      if (next != cells_.end() && next->first == at->second.end &&
          next->second.entries == at->second.entries) {
        at->second.end = next->second.end;
        cells_.erase(next);
      } else {
        at = next;
      }
    }
  }

  std::map<std::uintptr_t, Cell> cells_;  // by first address; they do not overlap
};

}  // namespace kvtool::races

#include "core/snapshot/v8/code.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <span>

namespace kvtool::snapshot::v8 {
namespace {

// V8 optimizes no function whose bytecode is longer than 60 KB; machine code is some ten times that.
constexpr std::uint64_t kSearchBytes = 1 << 20;
constexpr std::uint64_t kChunkBytes = 4096;
// Different words that look like maps on the way: a handful, unless the memory is made to mislead.
constexpr std::size_t kMapLimit = 4096;

}  // namespace

void CodeFinder::forget() {
  by_pc_.clear();
  maps_seen_.clear();
}

std::optional<Code> CodeFinder::find(std::uint64_t pc) {
  const auto known = by_pc_.find(pc);
  if (known != by_pc_.end()) return known->second;
  return by_pc_.emplace(pc, search(pc)).first->second;
}

// Generated code follows its header without a gap: the map of all instruction streams, then the Code object.
// Going back from `pc` finds it whatever the function says: code that was replaced or entered in a loop is
// not what the function points to any more.
std::optional<Code> CodeFinder::search(std::uint64_t pc) {
  const Mapping* mapping = map_.find(pc);
  if (mapping == nullptr || !mapping->executable) return std::nullopt;
  const std::uint64_t lowest = std::max(mapping->start, pc - std::min(pc, kSearchBytes));
  std::array<std::uint64_t, kChunkBytes / sizeof(std::uint64_t)> words;
  std::uint64_t end = (pc & ~std::uint64_t{7}) + 8;
  while (end > lowest) {
    const std::uint64_t begin = std::max(lowest, (end - 1) & ~(kChunkBytes - 1));
    const auto count = static_cast<std::size_t>((end - begin) / sizeof(std::uint64_t));
    const auto bytes = std::as_writable_bytes(std::span(words).first(count));
    if (count == 0 || heap_.memory().read(begin, bytes) != bytes.size()) return std::nullopt;
    for (std::size_t i = count; i-- > 0;) {
      if (!is_stream_map(words[i])) continue;
      const std::uint64_t header = begin + i * sizeof(std::uint64_t);
      const Word object = heap_.memory().value<Word>(header + sizeof(Word)).value_or(0);
      const auto code = read(object);
      // The map may also be a constant in the code itself.
      if (code && pc >= code->start && pc - code->start < code->bytes) return code;
    }
    end = begin;
  }
  return std::nullopt;
}

bool CodeFinder::is_stream_map(Word word) {
  if (!Heap::is_object(word)) return false;
  const auto known = maps_seen_.find(word);
  if (known != maps_seen_.end()) return known->second;
  if (maps_seen_.size() >= kMapLimit) return false;
  return maps_seen_[word] = heap_.is_map_of(word, heap_.layout().instruction_stream_type);
}

std::optional<Code> CodeFinder::read(Word object) const {
  const Layout& layout = heap_.layout();
  const Constants& constants = heap_.constants();
  if (!heap_.is(object, layout.code_type)) return std::nullopt;
  const auto start = heap_.raw_field<std::uint64_t>(object, layout.code_instruction_start);
  const auto bytes = heap_.raw_field<std::uint32_t>(object, layout.code_instruction_size);
  const auto flags = heap_.raw_field<std::uint32_t>(object, layout.code_flags);
  if (!start || !bytes || !flags || *bytes > kSearchBytes) return std::nullopt;
  Code code{.start = *start,
            .bytes = *bytes,
            .kind = CodeKind::other,
            .data = heap_.field(object, constants.code_data),
            .positions = heap_.field(object, constants.code_positions)};
  const int kind = static_cast<int>(*flags) & layout.code_kind_mask;
  if (kind == layout.code_kind_baseline) code.kind = CodeKind::baseline;
  if (kind == layout.code_kind_baseline + 1) code.kind = CodeKind::maglev;
  if (kind == layout.code_kind_baseline + 2) code.kind = CodeKind::turbofan;
  return code;
}

}  // namespace kvtool::snapshot::v8

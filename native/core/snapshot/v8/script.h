// Scripts: the files that functions come from, and which line and column a position in one is.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/snapshot/v8/heap.h"

namespace kvtool::snapshot::v8 {

struct SourceLine {
  int line = 0;    // from 1
  int column = 0;  // from 1
};

class Scripts {
 public:
  explicit Scripts(const Heap& heap) : heap_(heap) {}

  // Name of the file, as V8 shows it. Empty for text given to eval and the like.
  const std::string& name(Word script) { return find(script).name; }
  std::optional<SourceLine> line_of(Word script, int position);
  void forget() { scripts_.clear(); }

 private:
  struct Script {
    std::string name;
    int line_offset = 0;
    int column_offset = 0;
    // Where its lines end: V8's own list, made when somebody asks for a line, or ours.
    Word line_ends = 0;
    std::optional<std::vector<std::int32_t>> own_line_ends;
  };

  Script& find(Word script);
  std::optional<std::int32_t> line_end(const Script& script, std::size_t line) const;
  std::vector<std::int32_t> count_lines(Word source) const;

  const Heap& heap_;
  std::unordered_map<Word, Script> scripts_;
};

}  // namespace kvtool::snapshot::v8

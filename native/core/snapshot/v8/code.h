// Code objects: which one a program counter in generated code belongs to.
#pragma once

#include <cstdint>
#include <optional>
#include <unordered_map>

#include "core/snapshot/address_map.h"
#include "core/snapshot/v8/heap.h"

namespace kvtool::snapshot::v8 {

enum class CodeKind : std::uint8_t { other, baseline, maglev, turbofan };

struct Code {
  std::uint64_t start = 0;
  std::uint32_t bytes = 0;
  CodeKind kind = CodeKind::other;
  Word data = 0;       // DeoptimizationData, or the BytecodeArray of baseline code
  Word positions = 0;  // source positions, or lengths of bytecodes
};

class CodeFinder {
 public:
  // Both must outlive the finder.
  CodeFinder(const Heap& heap, const AddressMap& map) : heap_(heap), map_(map) {}

  std::optional<Code> find(std::uint64_t pc);
  // A Code object that something else than a program counter leads to.
  std::optional<Code> read(Word object) const;
  void forget();

 private:
  std::optional<Code> search(std::uint64_t pc);
  bool is_stream_map(Word word);

  const Heap& heap_;
  const AddressMap& map_;
  std::unordered_map<std::uint64_t, std::optional<Code>> by_pc_;
  std::unordered_map<Word, bool> maps_seen_;
};

}  // namespace kvtool::snapshot::v8

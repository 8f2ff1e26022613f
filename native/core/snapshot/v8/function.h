// Functions: names, scripts and bytecode of SharedFunctionInfo objects, which V8 keeps one of per function in
// the program's text.
#pragma once

#include <optional>
#include <string>
#include <unordered_map>

#include "core/snapshot/v8/code.h"
#include "core/snapshot/v8/heap.h"
#include "core/snapshot/v8/script.h"

namespace kvtool::snapshot::v8 {

struct Function {
  std::string name;          // its own, or the one that V8 inferred from the text; may be empty
  Word script = 0;           // 0: a builtin
  std::optional<int> start;  // where its text begins, as a position in the script
};

class Functions {
 public:
  // All must outlive this.
  Functions(const Heap& heap, const CodeFinder& code) : heap_(heap), code_(code) {}

  const Function& find(Word shared);
  // The BytecodeArray, 0 when the function has none (now).
  Word bytecode(Word shared) const;
  void forget() { functions_.clear(); }

 private:
  void read_scope_info(Word scope, Function& function) const;
  Word script_of(Word shared) const;

  const Heap& heap_;
  const CodeFinder& code_;
  std::unordered_map<Word, Function> functions_;
};

}  // namespace kvtool::snapshot::v8

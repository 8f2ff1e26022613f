// Engine: the V8 in a process. Which mapped file it is, how its objects are laid out, and which code is its
// own making.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "core/snapshot/address_map.h"
#include "core/snapshot/memory.h"
#include "core/snapshot/process_view.h"
#include "core/snapshot/v8/layout.h"

namespace kvtool::snapshot::v8 {

enum class CodeOrigin : std::uint8_t {
  elsewhere,
  builtin,    // made when V8 was built; in the file, and in a copy that V8 maps beside generated code
  generated,  // made while the program runs
};

struct EngineFacts {
  Mapping file;                      // the first mapping of the file that V8 is in
  std::uint64_t builtins_begin = 0;  // offsets in the file
  std::uint64_t builtins_end = 0;
  Layout layout;
  // Where a thread's current isolate is kept, from its thread pointer.
  std::optional<std::int64_t> current_isolate = {};
};

class Engine {
 public:
  // `map` must outlive the engine.
  Engine(const AddressMap& map, EngineFacts facts) : map_(map), facts_(std::move(facts)) {}

  CodeOrigin origin(std::uint64_t pc) const;
  const Layout& layout() const { return facts_.layout; }
  std::optional<std::int64_t> current_isolate() const { return facts_.current_isolate; }

 private:
  const AddressMap& map_;
  EngineFacts facts_;
};

struct EngineSearch {
  std::unique_ptr<Engine> engine;
  // There is a V8, but not one that can be read: why, as half a sentence.
  std::string lack = {};
};

// Looks at the executable and at libnode.so. `map` must outlive the engine.
EngineSearch find_engine(const ProcessView& target, const AddressMap& map, const Memory& memory);

}  // namespace kvtool::snapshot::v8

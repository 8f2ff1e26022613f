// Metadata: V8's description of its own objects. Every build of V8 exports some 500 integers named v8dbg_*,
// for debuggers that look at it from outside: offsets of fields, numbers of types, tags.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "core/snapshot/v8/constants.h"
#include "core/snapshot/v8/elf_image.h"

namespace kvtool::snapshot::v8 {

class Metadata {
 public:
  Metadata() = default;
  explicit Metadata(const ElfImage& image);

  bool empty() const { return values_.empty(); }
  std::optional<Version> version() const { return version_; }
  // Linked address of v8::Isolate::GetCurrent, which every build exports because addons call it.
  std::optional<std::uint64_t> get_current_isolate() const { return get_current_isolate_; }

  void set(std::string_view name, int value) { values_.insert_or_assign(std::string(name), value); }
  std::optional<int> value(std::string_view name) const;
  // The offset of a field. The names end in the field's C++ type, which every version spells differently.
  std::optional<int> field(std::string_view object, std::string_view name) const;
  // The number of an instance type.
  std::optional<int> type(std::string_view object) const;

 private:
  std::optional<int> with_prefix(const std::string& prefix) const;

  std::map<std::string, int, std::less<>> values_;
  std::optional<Version> version_;
  std::optional<std::uint64_t> get_current_isolate_;
};

}  // namespace kvtool::snapshot::v8

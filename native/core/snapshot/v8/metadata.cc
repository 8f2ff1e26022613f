#include "core/snapshot/v8/metadata.h"

#include <cstring>

namespace kvtool::snapshot::v8 {
namespace {

constexpr std::string_view kPrefix = "v8dbg_";

// A symbol without bytes in the file lies in memory that starts as zeros: its value is 0.
int integer_at(const ElfImage& image, std::uint64_t address) {
  std::int32_t value = 0;
  const auto bytes = image.bytes(address, sizeof value);
  if (bytes.size() == sizeof value) std::memcpy(&value, bytes.data(), sizeof value);
  return value;
}

}  // namespace

Metadata::Metadata(const ElfImage& image) {
  Version version;
  image.visit_exports([&](const ElfSymbol& symbol) {
    if (symbol.is_function) {
      if (symbol.name == "_ZN2v87Isolate10GetCurrentEv") get_current_isolate_ = symbol.address;
    } else if (symbol.name.starts_with(kPrefix)) {
      set(symbol.name.substr(kPrefix.size()), integer_at(image, symbol.address));
    } else if (symbol.name == "_ZN2v88internal7Version6major_E") {
      version.major = integer_at(image, symbol.address);
    } else if (symbol.name == "_ZN2v88internal7Version6minor_E") {
      version.minor = integer_at(image, symbol.address);
    }
  });
  if (version.major != 0) version_ = version;
}

std::optional<int> Metadata::value(std::string_view name) const {
  const auto found = values_.find(name);
  return found == values_.end() ? std::nullopt : std::optional(found->second);
}

std::optional<int> Metadata::with_prefix(const std::string& prefix) const {
  const auto found = values_.lower_bound(prefix);
  if (found == values_.end() || !found->first.starts_with(prefix)) return std::nullopt;
  return found->second;
}

std::optional<int> Metadata::field(std::string_view object, std::string_view name) const {
  return with_prefix("class_" + std::string(object) + "__" + std::string(name) + "__");
}

std::optional<int> Metadata::type(std::string_view object) const {
  return with_prefix("type_" + std::string(object) + "__");
}

}  // namespace kvtool::snapshot::v8

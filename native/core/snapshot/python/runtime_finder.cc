#include "core/snapshot/python/runtime_finder.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <span>
#include <vector>

#include "core/snapshot/python/debug_offsets.h"
#include "core/snapshot/python/mapped_elf.h"

namespace kvtool::snapshot::python {
namespace {

// Of data read in search of the version. _PyRuntime, the largest thing there is, takes 460 KB.
constexpr std::uint64_t kDataLimit = std::uint64_t{8} << 20;

std::optional<int> leading_number(std::string_view text) {
  int number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end == text.data()) return std::nullopt;
  return number;
}

bool is_candidate(const Module& module) {
  const std::string_view name = base_name(module.path);
  return name.starts_with("libpython") || name.starts_with("python");
}

// What the data of a file looks like in memory, with the zero-initialised part behind it, which the kernel
// shows as an anonymous mapping.
std::vector<Mapping> data_of(const AddressMap& map, const Module& module) {
  std::vector<Mapping> found;
  std::uint64_t bytes = 0;
  for (const Mapping* mapping = map.find(module.start); mapping != nullptr && bytes < kDataLimit;
       mapping = map.find(mapping->end)) {
    if (mapping->path != module.path && !mapping->path.empty()) break;
    if (mapping->executable || !mapping->readable) continue;
    found.push_back(*mapping);
    bytes += mapping->end - mapping->start;
    if (mapping->path.empty()) break;
  }
  return found;
}

std::optional<int> minor_in_data(const AddressMap& map, const Module& module, const Memory& memory) {
  for (const Mapping& mapping : data_of(map, module)) {
    std::string bytes(std::min(mapping.end - mapping.start, kDataLimit), '\0');
    bytes.resize(memory.read(mapping.start, std::as_writable_bytes(std::span(bytes))));
    if (const auto minor = minor_of_version_text(bytes)) return minor;
  }
  return std::nullopt;
}

// By order of trust: what the process says itself, what a symbol says, what the file is called.
std::optional<int> minor_of(const MappedElf& elf, const AddressMap& map, const Module& module,
                            const Memory& memory) {
  // `const unsigned long Py_Version`, since 3.11.
  if (const auto symbol = elf.symbol("Py_Version"))
    if (const auto value = memory.value<std::uint64_t>(*symbol); value && *value >> 24 == 3)
      return static_cast<int>(*value >> 16 & 0xff);
  const std::string version = version_of_name(base_name(module.path));
  if (version.starts_with("3.")) return leading_number(std::string_view(version).substr(2));
  return minor_in_data(map, module, memory);
}

std::optional<PythonRuntime> find_in(const ProcessView& target, const AddressMap& map, const Module& module,
                                     const Memory& memory) {
  const Mapping* first = map.find(module.start);
  if (first == nullptr) return std::nullopt;
  const MappedElf elf(target.open_mapped(*first), *first);
  auto address = elf.symbol("_PyRuntime");
  if (!address) address = elf.section(".PyRuntime");
  PythonRuntime runtime{.module = std::string(base_name(module.path))};
  if (!address) {
    // 3.6 and older have no such thing.
    if (!elf.symbol("PyFrame_Type")) return std::nullopt;
    runtime.version = version_of_name(runtime.module);
    return runtime;
  }
  runtime.address = *address;
  if (auto described = read_debug_offsets(memory, *address)) {
    runtime.version = "3." + std::to_string(described->layout.minor);
    runtime.free_threaded = described->free_threaded;
    runtime.layout = described->layout;
    return runtime;
  }
  if (const auto minor = minor_of(elf, map, module, memory)) {
    runtime.version = "3." + std::to_string(*minor);
    if (const Layout* layout = layout_of(*minor)) runtime.layout = *layout;
  }
  return runtime;
}

}  // namespace

std::string version_of_name(std::string_view file) {
  constexpr std::string_view kMark = "python";
  const std::size_t at = file.find(kMark);
  if (at == std::string_view::npos) return "";
  file.remove_prefix(at + kMark.size());
  const std::size_t dot = file.find('.');
  const auto major = leading_number(file);
  const auto minor = dot == std::string_view::npos ? std::nullopt : leading_number(file.substr(dot + 1));
  return major && minor ? std::to_string(*major) + "." + std::to_string(*minor) : "";
}

std::optional<int> minor_of_version_text(std::string_view bytes) {
  constexpr std::string_view kMajor = "3.";
  constexpr std::string_view kDigits = "0123456789";
  for (std::size_t at = bytes.find(kMajor); at != std::string_view::npos; at = bytes.find(kMajor, at + 1)) {
    if (at > 0 && bytes[at - 1] != '\0') continue;
    const std::size_t minor = at + kMajor.size();
    const std::size_t dot = bytes.find_first_not_of(kDigits, minor);
    if (dot == std::string_view::npos || dot == minor || bytes[dot] != '.') continue;
    const std::size_t blank = bytes.find(' ', dot);
    // `3.11.7`, `3.12.0rc1`, `3.11.7+` and the like, then the date of the build.
    if (blank != std::string_view::npos && blank - dot < 12 && bytes.substr(blank).starts_with(" ("))
      return leading_number(bytes.substr(minor));
  }
  return std::nullopt;
}

std::optional<PythonRuntime> find_runtime(const ProcessView& target, const AddressMap& map,
                                          const Memory& memory) {
  std::vector<Module> modules = map.modules();
  // The executable is mapped first.
  const auto rest = modules.empty() ? modules.begin() : modules.begin() + 1;
  modules.erase(std::remove_if(rest, modules.end(), [](const Module& m) { return !is_candidate(m); }),
                modules.end());
  for (const Module& module : modules)
    if (auto runtime = find_in(target, map, module, memory)) return runtime;
  return std::nullopt;
}

}  // namespace kvtool::snapshot::python

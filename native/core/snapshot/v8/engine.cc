#include "core/snapshot/v8/engine.h"

#include <array>
#include <cstring>
#include <span>
#include <utility>

#include "core/snapshot/v8/elf_image.h"
#include "core/snapshot/v8/metadata.h"

namespace kvtool::snapshot::v8 {
namespace {

bool is_library(const Module& module) { return base_name(module.path).starts_with("libnode.so"); }

template <typename T>
T load(std::span<const std::byte> bytes, std::size_t at) {
  T value{};
  std::memcpy(&value, bytes.data() + at, sizeof value);
  return value;
}

// The offset that v8::Isolate::GetCurrent adds to the thread pointer, read off its code: the variable itself
// is not exported by every build. Either `mov %fs:offset,%rax`, or `mov address(%rip),%rax; mov
// %fs:(%rax),%rax` with the offset at that address.
std::optional<std::int64_t> thread_offset(const ElfImage& image, std::uint64_t function, std::uint64_t bias,
                                          const Memory& memory) {
  constexpr std::array<std::uint8_t, 5> kDirect{0x64, 0x48, 0x8b, 0x04, 0x25};
  constexpr std::array<std::uint8_t, 3> kLoad{0x48, 0x8b, 0x05};
  constexpr std::array<std::uint8_t, 4> kThroughRax{0x64, 0x48, 0x8b, 0x00};
  constexpr std::size_t kCodeBytes = 64;
  constexpr std::size_t kOperandBytes = 4;
  const auto code = image.bytes(function, kCodeBytes);
  const auto found_at = [&](std::size_t at, std::span<const std::uint8_t> wanted) {
    return at + wanted.size() <= code.size() &&
           std::memcmp(code.data() + at, wanted.data(), wanted.size()) == 0;
  };
  for (std::size_t at = 0; at + kDirect.size() + kOperandBytes <= code.size(); ++at) {
    if (found_at(at, kDirect)) return load<std::int32_t>(code, at + kDirect.size());
    const std::size_t after = at + kLoad.size() + kOperandBytes;
    if (!found_at(at, kLoad) || !found_at(after, kThroughRax)) continue;
    const std::int64_t operand = load<std::int32_t>(code, at + kLoad.size());
    return memory.value<std::int64_t>(function + after + static_cast<std::uint64_t>(operand) + bias);
  }
  return std::nullopt;
}

std::string unknown_version(std::optional<Version> version) {
  if (!version) return "its V8 has no version";
  return "its V8 is " + std::to_string(version->major) + "." + std::to_string(version->minor) +
         ", known are those of Node 20, 22, 24 and 26";
}

EngineSearch look_at(const Module& module, const ProcessView& target, const AddressMap& map,
                     const Memory& memory) {
  const Mapping* mapping = map.find(module.start);
  if (mapping == nullptr) return {};
  const ElfImage image(target.open_mapped(*mapping));
  const Metadata metadata(image);
  if (metadata.empty()) {
    const bool is_node = metadata.version() || is_library(module) || base_name(module.path) == "node";
    return {.engine = {}, .lack = is_node ? "its executable has no V8 metadata" : ""};
  }
  const Constants* constants = metadata.version() ? constants_of(*metadata.version()) : nullptr;
  if (constants == nullptr) return {.engine = {}, .lack = unknown_version(metadata.version())};
  const auto layout = make_layout(metadata, *constants);
  if (!layout) return {.engine = {}, .lack = "the V8 metadata of its executable is not complete"};

  EngineFacts facts{.file = *mapping, .layout = *layout};
  // V8's own code generator made the builtins. It writes no unwind information, and nothing else is as long.
  const auto [begin, end] = image.unwind_table().longest_gap();
  if (const auto offset = image.offset_of(begin)) {
    facts.builtins_begin = *offset;
    facts.builtins_end = *offset + (end - begin);
  }
  if (const auto function = metadata.get_current_isolate())
    facts.current_isolate = thread_offset(image, *function, module.start - image.lowest_address(), memory);
  return {.engine = std::make_unique<Engine>(map, std::move(facts))};
}

}  // namespace

CodeOrigin Engine::origin(std::uint64_t pc) const {
  const Mapping* mapping = map_.find(pc);
  if (mapping == nullptr || !mapping->executable) return CodeOrigin::elsewhere;
  if (mapping->path.empty()) return CodeOrigin::generated;
  if (mapping->inode != facts_.file.inode || mapping->path != facts_.file.path) return CodeOrigin::elsewhere;
  // By the offset in the file: right for the copy too.
  const std::uint64_t offset = pc - mapping->start + mapping->offset;
  return offset >= facts_.builtins_begin && offset < facts_.builtins_end ? CodeOrigin::builtin
                                                                         : CodeOrigin::elsewhere;
}

EngineSearch find_engine(const ProcessView& target, const AddressMap& map, const Memory& memory) {
  EngineSearch found;
  bool executable = true;
  for (const Module& module : map.modules()) {
    if (!std::exchange(executable, false) && !is_library(module)) continue;
    EngineSearch search = look_at(module, target, map, memory);
    if (search.engine != nullptr) return search;
    if (!search.lack.empty()) found = std::move(search);
  }
  return found;
}

}  // namespace kvtool::snapshot::v8

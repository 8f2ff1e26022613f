// FakeHeap: objects of V8 in a test's hands, laid out as Node 22 does.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/snapshot/fake_memory.h"
#include "core/snapshot/v8/heap.h"

namespace kvtool::snapshot::v8 {

// What the metadata of Node 22.23.3 says, as far as it is used.
inline Metadata node22_metadata() {
  Metadata metadata;
  const std::pair<const char*, int> values[] = {
      {"off_fp_function", -16},
      {"off_fp_context_or_frame_type", -8},
      {"off_fp_bytecode_array", -32},
      {"off_fp_bytecode_offset", -40},
      {"frametype_EntryFrame", 1},
      {"frametype_ConstructEntryFrame", 2},
      {"frametype_BuiltinFrame", 25},
      {"frametype_JavaScriptBuiltinContinuationFrame", 20},
      {"frametype_JavaScriptBuiltinContinuationWithCatchFrame", 21},
      {"FirstNonstringType", 128},
      {"scopeinfo_idx_first_vars", 3},
      {"CodeKindFieldMask", 15},
      {"CodeKindBaseline", 10},
      {"DeoptimizationDataLiteralArrayIndex", 2},
      {"DeoptimizationDataInliningPositionsIndex", 7},
      {"FirstJSFunctionType", 2066},
      {"LastJSFunctionType", 2082},
      {"type_Map__MAP_TYPE", 264},
      {"type_Code__CODE_TYPE", 206},
      {"type_InstructionStream__INSTRUCTION_STREAM_TYPE", 210},
      {"type_BytecodeArray__BYTECODE_ARRAY_TYPE", 205},
      {"type_ByteArray__BYTE_ARRAY_TYPE", 186},
      {"type_TrustedByteArray__TRUSTED_BYTE_ARRAY_TYPE", 212},
      {"type_FixedArray__FIXED_ARRAY_TYPE", 174},
      {"type_ScopeInfo__SCOPE_INFO_TYPE", 272},
      {"type_Script__SCRIPT_TYPE", 167},
      {"type_DebugInfo__DEBUG_INFO_TYPE", 154},
      {"type_SharedFunctionInfo__SHARED_FUNCTION_INFO_TYPE", 274},
      {"type_InterpreterData__INTERPRETER_DATA_TYPE", 207},
      {"class_Map__instance_type__uint16_t", 12},
      {"class_Map__constructor_or_back_pointer__Tagged_Object_", 32},
      {"class_JSFunction__shared__SharedFunctionInfo", 32},
      {"class_SharedFunctionInfo__name_or_scope_info__Tagged_Object_", 16},
      {"class_SharedFunctionInfo__script__Tagged_HeapObject_", 32},
      {"class_Script__source__Object", 8},
      {"class_Script__name__Object", 16},
      {"class_Script__line_ends__Object", 56},
      {"class_String__length__int32_t", 12},
      {"class_SeqOneByteString__chars__char", 16},
      {"class_ConsString__first__String", 16},
      {"class_ConsString__second__String", 24},
      {"class_SlicedString__parent__String", 16},
      {"class_SlicedString__offset__SMI", 24},
      {"class_ThinString__actual__String", 16},
      {"class_BytecodeArray__data__uintptr_t", 64},
      {"class_FixedArrayBase__length__SMI", 8},
      {"class_FixedArray__data__uintptr_t", 16},
      {"class_Code__instruction_start__Address", 40},
      {"class_Code__flags__uint32_t", 48},
      {"class_Code__instruction_size__int", 52},
  };
  for (const auto& [name, value] : values) metadata.set(name, value);
  return metadata;
}

inline Layout node22_layout() {
  const auto layout = make_layout(node22_metadata(), *constants_of({12, 4}));
  EXPECT_TRUE(layout);
  return layout.value_or(Layout{});
}

class FakeHeap {
 public:
  FakeHeap() : layout(node22_layout()), heap(memory, layout) {
    meta_map_ = allocate(40);
    put(meta_map_, 0, meta_map_);
    put<std::uint16_t>(meta_map_, 12, static_cast<std::uint16_t>(layout.map_type));
  }

  static Word integer(std::int32_t value) {
    return static_cast<Word>(static_cast<std::uint32_t>(value)) << 32;
  }

  template <typename T>
  void put(Word object, int offset, const T& value) {
    memory.put(object - 1 + static_cast<std::uint64_t>(offset), value);
  }
  // An object of that type, its fields zero.
  Word object(int type, std::size_t bytes) {
    const Word map = allocate(40);
    put(map, 0, meta_map_);
    put<std::uint16_t>(map, 12, static_cast<std::uint16_t>(type));
    const Word made = allocate(bytes);
    put(made, 0, map);
    return made;
  }
  Word text(std::string_view characters) {
    const Word made = object(kOneByte, 16 + characters.size());
    put<std::int32_t>(made, 12, static_cast<std::int32_t>(characters.size()));
    for (std::size_t i = 0; i < characters.size(); ++i) put(made, 16 + static_cast<int>(i), characters[i]);
    return made;
  }
  Word wide_text(std::u16string_view characters) {
    const Word made = object(0, 16 + 2 * characters.size());
    put<std::int32_t>(made, 12, static_cast<std::int32_t>(characters.size()));
    for (std::size_t i = 0; i < characters.size(); ++i)
      put(made, 16 + 2 * static_cast<int>(i), characters[i]);
    return made;
  }
  // A string of two words: cons, sliced, thin.
  Word string_of(int representation, std::int32_t length, Word first, Word second) {
    const Word made = object(kOneByte | representation, 32);
    put<std::int32_t>(made, 12, length);
    put(made, 16, first);
    put(made, 24, second);
    return made;
  }
  Word array(int type, const std::vector<Word>& elements) {
    const Word made = object(type, 16 + 8 * elements.size());
    put(made, 8, integer(static_cast<std::int32_t>(elements.size())));
    for (std::size_t i = 0; i < elements.size(); ++i) put(made, 16 + 8 * static_cast<int>(i), elements[i]);
    return made;
  }
  Word byte_array(const std::vector<std::uint8_t>& bytes) {
    const Word made = object(layout.byte_array_type, 16 + bytes.size());
    put(made, 8, integer(static_cast<std::int32_t>(bytes.size())));
    for (std::size_t i = 0; i < bytes.size(); ++i) put(made, 16 + static_cast<int>(i), bytes[i]);
    return made;
  }

  static constexpr int kOneByte = 8;
  FakeMemory memory;
  Layout layout;
  Heap heap;

 private:
  Word allocate(std::size_t bytes) {
    const std::uint64_t at = next_;
    next_ += (bytes + 15) & ~std::size_t{7};
    for (std::size_t i = 0; i < bytes; ++i) memory.put(at + i, std::uint8_t{0});
    return at + 1;
  }

  std::uint64_t next_ = 0x100000;
  Word meta_map_ = 0;
};

}  // namespace kvtool::snapshot::v8

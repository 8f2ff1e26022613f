#include "core/snapshot/v8/heap.h"

namespace kvtool::snapshot::v8 {
namespace {

constexpr std::uint64_t kIntegerShift = 32;
constexpr Word kIntegerLowHalf = 0xffffffff;
// What a table or an array of V8 may take; longer ones are garbage or would cost too much to read.
constexpr std::int32_t kElementLimit = 1 << 22;
constexpr std::size_t kByteLimit = std::size_t{1} << 20;

}  // namespace

std::optional<std::int32_t> Heap::integer(Word word) {
  if ((word & kIntegerLowHalf) != 0) return std::nullopt;
  return static_cast<std::int32_t>(word >> kIntegerShift);
}

Word Heap::field(Word object, int offset) const { return raw_field<Word>(object, offset).value_or(0); }

std::optional<std::int32_t> Heap::integer_field(Word object, int offset) const {
  const auto word = raw_field<Word>(object, offset);
  return word ? integer(*word) : std::nullopt;
}

int Heap::type(Word object) const {
  const Word map = field(object, 0);
  const auto instance_type = raw_field<std::uint16_t>(map, layout_.map_instance_type);
  return instance_type ? *instance_type : -1;
}

bool Heap::is_function(Word object) const {
  const int instance_type = type(object);
  return instance_type >= layout_.first_function_type && instance_type <= layout_.last_function_type;
}

bool Heap::is_byte_array(Word object) const {
  const int instance_type = type(object);
  return instance_type >= 0 &&
         (instance_type == layout_.byte_array_type || instance_type == layout_.trusted_byte_array_type);
}

bool Heap::is_map_of(Word map, int instance_type) const {
  return is(map, layout_.map_type) && raw_field<std::uint16_t>(map, layout_.map_instance_type) ==
                                          static_cast<std::uint16_t>(instance_type);
}

std::size_t Heap::length(Word array) const {
  const auto length = integer_field(array, layout_.array_length);
  return length && *length > 0 && *length <= kElementLimit ? static_cast<std::size_t>(*length) : 0;
}

Word Heap::element(Word array, std::size_t index) const {
  if (index >= length(array)) return 0;
  return field(array, layout_.array_data + static_cast<int>(index * sizeof(Word)));
}

std::vector<std::byte> Heap::byte_array(Word array) const {
  if (!is_byte_array(array)) return {};
  const std::size_t wanted = length(array);
  if (wanted == 0 || wanted > kByteLimit) return {};
  std::vector<std::byte> bytes(wanted);
  if (memory_.read(address(array, layout_.array_data), bytes) != wanted) return {};
  return bytes;
}

}  // namespace kvtool::snapshot::v8

// Value: one metadata value of an event. The alternatives keep the caller's types apart, so that what comes
// out has the type that went in: a bool stays a bool, an integer beyond 63 bits stays an integer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "core/explorer/fingerprint.h"

namespace kvtool {

// An integer that does not fit std::int64_t: an optional '-' and decimal digits.
struct BigInteger {
  std::string decimal;
  bool operator==(const BigInteger&) const = default;
};

// A list, a map or anything else with structure, as JSON text.
struct Nested {
  std::string json;
  bool operator==(const Nested&) const = default;
};

using Value = std::variant<std::monostate, bool, std::int64_t, double, std::string, BigInteger, Nested>;
using Metadata = std::vector<std::pair<std::string, Value>>;

// The alternatives by name, for the bindings: C cannot ask a variant. The numbers are part of the C ABI.
enum class ValueType : std::uint8_t {
  none = 0,
  boolean = 1,
  integer = 2,
  real = 3,
  text = 4,
  big_integer = 5,
  nested = 6,
};
inline ValueType type_of(const Value& value) { return static_cast<ValueType>(value.index()); }

template <ValueType type>
using ValueOf = std::variant_alternative_t<static_cast<std::size_t>(type), Value>;
static_assert(std::is_same_v<ValueOf<ValueType::none>, std::monostate>);
static_assert(std::is_same_v<ValueOf<ValueType::boolean>, bool>);
static_assert(std::is_same_v<ValueOf<ValueType::integer>, std::int64_t>);
static_assert(std::is_same_v<ValueOf<ValueType::real>, double>);
static_assert(std::is_same_v<ValueOf<ValueType::text>, std::string>);
static_assert(std::is_same_v<ValueOf<ValueType::big_integer>, BigInteger>);
static_assert(std::is_same_v<ValueOf<ValueType::nested>, Nested>);
static_assert(std::variant_size_v<Value> == 7);

// For a model's search: equal for equal values of the same type.
inline explore::Hash128 fingerprint_of(const Value& value) {
  explore::Hash128 hash;
  hash.mix(value.index());
  std::visit(
      [&hash](const auto& held) {
        using Held = std::remove_cvref_t<decltype(held)>;
        if constexpr (std::is_same_v<Held, BigInteger>)
          explore::mix_fingerprint(hash, held.decimal);
        else if constexpr (std::is_same_v<Held, Nested>)
          explore::mix_fingerprint(hash, held.json);
        else if constexpr (!std::is_same_v<Held, std::monostate>)
          explore::mix_fingerprint(hash, held);
      },
      value);
  return hash;
}

}  // namespace kvtool

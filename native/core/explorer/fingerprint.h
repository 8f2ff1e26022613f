// fingerprint(value): what a search takes for the identity of plain data, found by overload:
//   - a member `Hash128 fingerprint() const`
//   - numbers, enums, bools, pointers to nothing (nullptr), strings
//   - pairs, tuples, optionals, arrays, vectors, deques, lists, maps, sets of such
//   - trivially copyable types without padding, by their bytes
// A type with none of these has no fingerprint; then two states count as equal only when the same history
// wrote them, which is sound and explores more.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <iterator>
#include <optional>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

#include "core/explorer/hash.h"

namespace kvtool::explore {

namespace detail {

template <class T>
concept SelfPrinted = requires(const T& value) {
  { value.fingerprint() } -> std::convertible_to<Hash128>;
};
template <class T>
concept Range = requires(const T& value) {
  std::begin(value);
  std::end(value);
  typename T::value_type;
};
template <class T>
concept TupleLike = requires {
  std::tuple_size<T>::value;
}
&&!Range<T>;
template <class T>
struct IsOptional : std::false_type {};
template <class T>
struct IsOptional<std::optional<T>> : std::true_type {};

template <class T>
constexpr bool printable();

template <class T, std::size_t... I>
constexpr bool tuple_printable(std::index_sequence<I...>) {
  return (printable<std::remove_cv_t<std::tuple_element_t<I, T>>>() && ...);
}

template <class T>
constexpr bool printable() {
  if constexpr (SelfPrinted<T> || std::is_arithmetic_v<T> || std::is_enum_v<T> ||
                std::is_convertible_v<const T&, std::string_view>)
    return true;
  else if constexpr (IsOptional<T>::value)
    return printable<typename T::value_type>();
  else if constexpr (Range<T>)
    return printable<std::remove_cv_t<typename T::value_type>>();
  else if constexpr (TupleLike<T>)
    return tuple_printable<T>(std::make_index_sequence<std::tuple_size_v<T>>());
  else
    return !std::is_pointer_v<T> && std::is_trivially_copyable_v<T> &&
           std::has_unique_object_representations_v<T>;
}

}  // namespace detail

// Whether fingerprint(T) exists.
template <class T>
inline constexpr bool kHasFingerprint = detail::printable<T>();

template <class T>
requires kHasFingerprint<T>
void mix_fingerprint(Hash128& hash, const T& value) {
  if constexpr (detail::SelfPrinted<T>) {
    hash.mix(value.fingerprint());
  } else if constexpr (std::is_integral_v<T> || std::is_enum_v<T>) {
    hash.mix(static_cast<std::uint64_t>(value));
  } else if constexpr (std::is_floating_point_v<T>) {
    const auto wide = static_cast<double>(value);
    std::uint64_t bits = 0;
    std::memcpy(&bits, &wide, sizeof(bits));
    hash.mix(bits);
  } else if constexpr (std::is_convertible_v<const T&, std::string_view>) {
    const std::string_view text = value;
    hash.mix(text.size());
    for (const char c : text) hash.mix(static_cast<unsigned char>(c));
  } else if constexpr (detail::IsOptional<T>::value) {
    hash.mix(value.has_value() ? 1 : 0);
    if (value) mix_fingerprint(hash, *value);
  } else if constexpr (detail::Range<T>) {
    std::uint64_t size = 0;
    for (const auto& item : value) {
      mix_fingerprint<std::remove_cvref_t<decltype(item)>>(hash, item);
      ++size;
    }
    hash.mix(size);
  } else if constexpr (detail::TupleLike<T>) {
    std::apply([&hash](const auto&... items) { (mix_fingerprint(hash, items), ...); }, value);
  } else {
    std::array<std::uint64_t, (sizeof(T) + 7) / 8> words{};
    std::memcpy(words.data(), &value, sizeof(T));
    for (const std::uint64_t word : words) hash.mix(word);
  }
}

template <class T>
requires kHasFingerprint<T> Hash128 fingerprint(const T& value) {
  Hash128 hash;
  mix_fingerprint(hash, value);
  return hash;
}

}  // namespace kvtool::explore

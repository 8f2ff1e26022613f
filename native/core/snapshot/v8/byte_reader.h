// ByteReader: numbers of variable length, as V8's tables hold them: seven bits a byte, lowest first, the
// eighth says that more follow. Reading past the end gives zeros and ok() == false from then on.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace kvtool::snapshot::v8 {

class ByteReader {
 public:
  explicit ByteReader(std::span<const std::byte> bytes, std::size_t at = 0) : bytes_(bytes), at_(at) {}

  bool ok() const { return ok_; }
  bool at_end() const { return at_ >= bytes_.size(); }

  std::uint8_t byte() {
    if (at_end()) {
      ok_ = false;
      return 0;
    }
    return std::to_integer<std::uint8_t>(bytes_[at_++]);
  }

  std::uint64_t number() {
    std::uint64_t result = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      const std::uint8_t next = byte();
      result |= std::uint64_t{next & 0x7fu} << shift;
      if ((next & 0x80) == 0) return result;
    }
    ok_ = false;
    return 0;
  }

  // The sign is in bit 0, in two's complement.
  std::int64_t zigzag() {
    const std::uint64_t coded = number();
    return static_cast<std::int64_t>(coded >> 1) ^ -static_cast<std::int64_t>(coded & 1);
  }
  // The sign is in bit 0, beside the amount.
  std::int64_t sign_and_amount() {
    const std::uint64_t coded = number();
    const auto amount = static_cast<std::int64_t>(coded >> 1);
    return (coded & 1) != 0 ? -amount : amount;
  }

 private:
  std::span<const std::byte> bytes_;
  std::size_t at_;
  bool ok_ = true;
};

}  // namespace kvtool::snapshot::v8

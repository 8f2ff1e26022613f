// Lifetime errors of memory that a program manages itself, found by generation tags; see core/pool/slots.h.
#pragma once

#include <cstdint>

namespace kvtool {

enum class LifetimeError : std::uint8_t { use_after_free, double_free, leak };

}  // namespace kvtool

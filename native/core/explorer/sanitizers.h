// Which sanitizer this translation unit is compiled with, for GCC and Clang alike. The library and the
// programs that it explores must agree: fibers announce their stacks to the sanitizer or they do not.
#pragma once

#if defined(__SANITIZE_ADDRESS__)
#define KVTOOL_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define KVTOOL_ASAN 1
#endif
#endif
#if !defined(KVTOOL_ASAN)
#define KVTOOL_ASAN 0
#endif

#if defined(__SANITIZE_THREAD__)
#define KVTOOL_TSAN 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define KVTOOL_TSAN 1
#endif
#endif
#if !defined(KVTOOL_TSAN)
#define KVTOOL_TSAN 0
#endif

namespace kvtool::explore {

enum class Sanitizer : unsigned char { none, address, thread };
inline constexpr Sanitizer kSanitizer = KVTOOL_ASAN == 1   ? Sanitizer::address
                                        : KVTOOL_TSAN == 1 ? Sanitizer::thread
                                                           : Sanitizer::none;

}  // namespace kvtool::explore

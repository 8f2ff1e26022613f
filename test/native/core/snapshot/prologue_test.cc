#include "core/snapshot/prologue.h"

#include <gtest/gtest.h>

#include <random>
#include <vector>

namespace kvtool::snapshot {
namespace {

std::optional<std::uint64_t> bytes_of(const std::vector<unsigned>& code) {
  std::vector<std::byte> bytes;
  for (const unsigned byte : code) bytes.push_back(static_cast<std::byte>(byte));
  return frame_bytes(bytes);
}

#if defined(__x86_64__)

TEST(Prologue, CountsPushesAndTheSubtraction) {
  EXPECT_EQ(bytes_of({0x55, 0x48, 0x89, 0xe5}), 0u);
  EXPECT_EQ(bytes_of({0x55, 0x48, 0x89, 0xe5, 0x41, 0x57, 0x41, 0x56, 0x53}), 24u);
  EXPECT_EQ(bytes_of({0x55, 0x48, 0x89, 0xe5, 0x53, 0x48, 0x83, 0xec, 0x18}), 32u);
  EXPECT_EQ(bytes_of({0xf3, 0x0f, 0x1e, 0xfa, 0x55, 0x48, 0x89, 0xe5, 0x48, 0x81, 0xec, 0x40, 0x30, 0, 0}),
            0x3040u)
      << "endbr64 before it";
}

TEST(Prologue, PassesOverWhatCompilersPutBetween) {
  EXPECT_EQ(bytes_of({0x55, 0x48, 0x89, 0xe5,                          //
                      0x41, 0x56,                                      // push %r14
                      0x49, 0x89, 0xfe,                                // mov %rdi,%r14
                      0x53,                                            // push %rbx
                      0x31, 0xdb,                                      // xor %ebx,%ebx
                      0x48, 0x8d, 0x85, 0xc0, 0xcf, 0xff, 0xff,        // lea -0x3040(%rbp),%rax
                      0x48, 0x81, 0xec, 0x50, 0x30, 0,    0,           // sub $0x3050,%rsp
                      0x64, 0x48, 0x8b, 0x04, 0x25, 0x28, 0,    0, 0,  // mov %fs:0x28,%rax
                      0x48, 0x89, 0x45, 0xd8,                          // mov %rax,-0x28(%rbp)
                      0x66, 0x0f, 0xef, 0xc0,                          // pxor %xmm0,%xmm0
                      0xc7, 0x45, 0xcc, 1,    0,    0,    0,           // movl $1,-0x34(%rbp)
                      0xe8, 0,    0,    0,    0}),                     // call
            16u + 0x3050u);
}

TEST(Prologue, ThatMovesTheStackPointerByDataIsNotRead) {
  EXPECT_EQ(bytes_of({0x55, 0x48, 0x89, 0xe5, 0x48, 0x83, 0xe4, 0xf0}), std::nullopt) << "and $-16,%rsp";
  EXPECT_EQ(bytes_of({0x55, 0x48, 0x89, 0xe5, 0x48, 0x29, 0xc4}), std::nullopt) << "sub %rax,%rsp";
  EXPECT_EQ(bytes_of({0x55, 0x48, 0x89, 0xe5, 0x48, 0x8d, 0x64, 0x24, 0xf8}), std::nullopt)
      << "lea -8(%rsp),%rsp";
  EXPECT_EQ(bytes_of({0x48, 0x83, 0xec, 0x18}), std::nullopt) << "no frame pointer";
  EXPECT_EQ(bytes_of({}), std::nullopt);
}

#endif

TEST(Prologue, OfGarbageEnds) {
  std::mt19937 random(5);
  for (int round = 0; round < 50'000; ++round) {
    std::vector<unsigned> code{0x55, 0x48, 0x89, 0xe5};
    for (unsigned i = random() % 40; i > 0; --i) code.push_back(random() % 256);
    bytes_of(code);
  }
}

}  // namespace
}  // namespace kvtool::snapshot

#include "core/snapshot/unwind_table.h"

#include <fcntl.h>
#include <gelf.h>
#include <gtest/gtest.h>
#include <link.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "core/snapshot/unique_fd.h"

namespace kvtool::snapshot {
namespace {

// Functions of this very program.
__attribute__((noinline)) int first_function(int x) { return x + 1; }

struct OpenElf {
  explicit OpenElf(const std::string& path) : file(open(path.c_str(), O_RDONLY | O_CLOEXEC)) {
    elf_version(EV_CURRENT);
    elf = elf_begin(file.get(), ELF_C_READ_MMAP, nullptr);
  }
  ~OpenElf() { elf_end(elf); }
  UniqueFd file;
  Elf* elf;
};

// Of this program, which the list of loaded files begins with.
std::uint64_t load_bias() {
  std::uint64_t bias = 0;
  dl_iterate_phdr(
      [](dl_phdr_info* info, std::size_t, void* result) {
        *static_cast<std::uint64_t*>(result) = info->dlpi_addr;
        return 1;
      },
      &bias);
  return bias;
}

TEST(UnwindTable, TellsWhereFunctionsBegin) {
  const OpenElf own("/proc/self/exe");
  const UnwindTable table(own.elf);
  const std::uint64_t function = reinterpret_cast<std::uint64_t>(&first_function) - load_bias();
  EXPECT_EQ(table.function_at(function), function);
  EXPECT_EQ(table.function_at(function + 1), function);
  EXPECT_EQ(table.function_at(0), std::nullopt);
  EXPECT_NE(first_function(1), 1);
}

TEST(UnwindTable, TheLongestGapHasNoFunctions) {
  const OpenElf own("/proc/self/exe");
  const UnwindTable table(own.elf);
  const auto [begin, end] = table.longest_gap();
  EXPECT_LE(begin, end);
  EXPECT_EQ(table.function_at(end), end);
  EXPECT_LT(table.function_at(end - 1).value_or(UINT64_MAX), end);
}

TEST(UnwindTable, OfDamagedFilesIsHarmless) {
  std::ifstream source("/proc/self/exe", std::ios::binary);
  std::vector<char> bytes(64 * 1024);
  source.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  const std::string path = testing::TempDir() + "kvtool-damaged-elf-" + std::to_string(getpid());
  std::mt19937 random(1);
  for (int round = 0; round < 300; ++round) {
    std::vector<char> damaged = bytes;
    // In the file's header and in those of its segments.
    for (int i = 0; i < 8; ++i) damaged[random() % 1024] = static_cast<char>(random());
    std::ofstream(path, std::ios::binary)
        .write(damaged.data(), static_cast<std::streamsize>(random() % damaged.size()));
    const OpenElf broken(path);
    const UnwindTable table(broken.elf);
    table.function_at(random());
    table.longest_gap();
  }
  std::filesystem::remove(path);
  EXPECT_EQ(UnwindTable(nullptr).function_at(1), std::nullopt);
  EXPECT_EQ(UnwindTable().longest_gap(), (std::pair<std::uint64_t, std::uint64_t>{}));
}

}  // namespace
}  // namespace kvtool::snapshot

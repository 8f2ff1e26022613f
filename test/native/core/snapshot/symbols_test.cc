#include "core/snapshot/symbols.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

#include "core/snapshot/debug_files.h"
#include "tools/child_process.h"

namespace kvtool::snapshot {

// Looked up by its address. Outside of the nameless namespace, so that it has a symbol.
[[gnu::noinline]] int known_function(int x) {
  asm volatile("");
  return x + 1;
}

namespace {

UniqueFd open_file(const std::string& path) { return UniqueFd(open(path.c_str(), O_RDONLY | O_CLOEXEC)); }

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// A file of these bytes that has no name.
UniqueFd file_of(const std::string& bytes) {
  std::string path = testing::TempDir() + "kvtool-symbols-XXXXXX";
  UniqueFd file(mkstemp(path.data()));
  unlink(path.c_str());
  EXPECT_EQ(write(file.get(), bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
  return file;
}

// Where an address of this process lies in its file.
struct Place {
  std::string path;
  std::uint64_t offset = 0;
};
Place place_of(const void* address) {
  const AddressMap map(parse_maps(read_file("/proc/self/maps")));
  const auto value = reinterpret_cast<std::uint64_t>(address);
  const Mapping* mapping = map.find(value);
  if (mapping == nullptr) return {};
  return {.path = mapping->path, .offset = value - mapping->start + mapping->offset};
}

TEST(SymbolTable, FindsAFunctionByTheOffsetOfItsCode) {
  const Place place = place_of(reinterpret_cast<const void*>(&known_function));
  const SymbolTable table(open_file(place.path));
  EXPECT_GT(table.size(), 100u);
  ASSERT_TRUE(table.find(place.offset));
  EXPECT_EQ(demangle(*table.find(place.offset)), "kvtool::snapshot::known_function(int)");
  EXPECT_EQ(table.find(place.offset + 1), table.find(place.offset)) << "inside of it";
}

TEST(SymbolTable, FindsNothingOutsideOfCode) {
  const SymbolTable table(open_file("/proc/self/exe"));
  EXPECT_FALSE(table.find(0)) << "the ELF header";
  EXPECT_FALSE(table.find(~std::uint64_t{0}));
}

TEST(SymbolTable, PrefersTheNameThatPeopleKnow) {
  // glibc exports `write` and `__write` for one address.
  const Place place = place_of(reinterpret_cast<const void*>(&getppid));
  if (place.path.find("libc") == std::string::npos) GTEST_SKIP() << "the C library is linked statically";
  const SymbolTable table(open_file(place.path));
  ASSERT_TRUE(table.find(place.offset));
  EXPECT_EQ(*table.find(place.offset), "getppid");
}

}  // namespace

// Two names for one address, as glibc has inside.
int lock_of_the_test(int x) noexcept asm("__lock_of_the_test");
[[gnu::noinline]] int lock_of_the_test(int x) noexcept {
  asm volatile("");
  return x + 2;
}
int call_from_inside(int x) noexcept asm("__GI___lock_of_the_test")
    __attribute__((alias("__lock_of_the_test")));

namespace {

TEST(SymbolTable, PrefersANameWithoutGlibcsMarkOfItsOwnCalls) {
  const Place place = place_of(reinterpret_cast<const void*>(&call_from_inside));
  const SymbolTable table(open_file(place.path));
  EXPECT_EQ(table.find(place.offset), "__lock_of_the_test");
}

TEST(SymbolTable, FilesThatAreNoElfAreEmpty) {
  EXPECT_EQ(SymbolTable(UniqueFd()).size(), 0u);
  EXPECT_EQ(SymbolTable(file_of("")).size(), 0u);
  EXPECT_EQ(SymbolTable(file_of("\x7f"
                                "ELF"))
                .size(),
            0u);
  EXPECT_EQ(SymbolTable(file_of(std::string(4096, '\xff'))).size(), 0u);
  EXPECT_EQ(SymbolTable(open_file("/proc/self/maps")).size(), 0u);
}

TEST(SymbolTable, DamagedElfFilesDoNoHarm) {
  const std::string whole = read_file(fixture_program("abba"));
  ASSERT_GT(whole.size(), 4096u);
  std::mt19937 random(1);
  for (int round = 0; round < 300; ++round) {
    std::string damaged = whole;
    // The headers decide what is read: damage those of the file, the segments and (at the end) the sections.
    for (int hit = 0; hit < 8; ++hit) {
      const std::size_t where = random() % 2 == 0 ? random() % 1024 : damaged.size() - 1 - random() % 2400;
      damaged[where] = static_cast<char>(random());
    }
    if (round % 3 == 0) damaged.resize(random() % damaged.size());
    const SymbolTable table(file_of(damaged));
    for (std::uint64_t offset = 0; offset < whole.size(); offset += 512)
      static_cast<void>(table.find(offset));
  }
}

// A program without symbols in a folder of its own, with its debug file beside it, as .gnu_debuglink says.
class StrippedProgram : public testing::TestWithParam<const char*> {
 protected:
  StrippedProgram() {
    std::string pattern = testing::TempDir() + "kvtool-debug-XXXXXX";
    folder_ = mkdtemp(pattern.data());
    whole_ = folder_ + "/whole";
    program_ = folder_ + "/program";
    debug_ = folder_ + "/program.debug";
    std::ofstream(folder_ + "/program.cc")
        << "static int __attribute__((noinline)) hidden(int x) { asm volatile(\"\");"
           " return x + 1; }\nint main(int count, char**) { return hidden(count); }\n";
    run("c++ -O1 -g -Wl,--build-id=" + std::string(GetParam()) + " -o " + whole_ + " " + folder_ +
        "/program.cc");
    run("objcopy --only-keep-debug " + whole_ + " " + debug_);
    run("objcopy --strip-all --add-gnu-debuglink=" + debug_ + " " + whole_ + " " + program_);
  }
  ~StrippedProgram() override { std::filesystem::remove_all(folder_); }

  static void run(const std::string& command) { ASSERT_EQ(std::system(command.c_str()), 0) << command; }
  bool knows_hidden(const SymbolTable& table) const {
    const auto bytes = std::filesystem::file_size(whole_);
    for (std::uint64_t offset = 0; offset < bytes; ++offset)
      if (const auto name = table.find(offset); name && *name == "_ZL6hiddeni") return true;
    return false;
  }

  std::string folder_, whole_, program_, debug_;
};

TEST_P(StrippedProgram, HasTheNamesOfItsDebugFile) {
  EXPECT_TRUE(knows_hidden(SymbolTable(open_file(whole_))));
  EXPECT_FALSE(knows_hidden(SymbolTable(open_file(program_)))) << "it is stripped";
  const SymbolTable table(open_file(program_), program_);
  EXPECT_TRUE(knows_hidden(table));
  const SymbolTable whole(open_file(whole_));
  for (std::uint64_t offset = 0; offset < std::filesystem::file_size(program_); offset += 4)
    EXPECT_EQ(table.find(offset), whole.find(offset)) << offset;
}

TEST_P(StrippedProgram, DoesNotBelieveTheDebugFileOfAnotherBuild) {
  run("c++ -O2 -g -Wl,--build-id=" + std::string(GetParam()) + " -DOTHER -o " + folder_ + "/other " +
      folder_ + "/program.cc");
  run("objcopy --only-keep-debug " + folder_ + "/other " + debug_);
  EXPECT_FALSE(knows_hidden(SymbolTable(open_file(program_), program_)));
}

TEST_P(StrippedProgram, DamagedDebugFilesDoNoHarm) {
  const std::string whole = read_file(debug_);
  std::mt19937 random(2);
  for (int round = 0; round < 100; ++round) {
    std::string damaged = whole;
    for (int hit = 0; hit < 8; ++hit) damaged[random() % damaged.size()] = static_cast<char>(random());
    damaged.resize(random() % damaged.size());
    std::ofstream(debug_, std::ios::binary) << damaged;
    const SymbolTable table(open_file(program_), program_);
    for (std::uint64_t offset = 0; offset < 8192; offset += 64) static_cast<void>(table.find(offset));
  }
}

// With a build ID, and by the checksum of the link alone.
INSTANTIATE_TEST_SUITE_P(DebugFile, StrippedProgram, testing::Values("sha1", "none"));

TEST(DebugFile, IsLookedForByItsBuildIdFirst) {
  setenv("DEBUGINFOD_CACHE_PATH", "/cache", 1);
  const auto found = debug_file_candidates("abcdef", "/usr/bin/program", "program.debug");
  unsetenv("DEBUGINFOD_CACHE_PATH");
  EXPECT_EQ(found,
            (std::vector<std::string>{"/usr/lib/debug/.build-id/ab/cdef.debug", "/cache/abcdef/debuginfo",
                                      "/usr/bin/program.debug", "/usr/bin/.debug/program.debug",
                                      "/usr/lib/debug/usr/bin/program.debug"}));
  EXPECT_TRUE(debug_file_candidates("", "/usr/bin/program", "../../etc/passwd").empty())
      << "no name, but a path";
}

TEST(Demangle, LeavesOtherNamesAlone) {
  EXPECT_EQ(demangle("_ZN5torch4cuda11synchronizeEl"), "torch::cuda::synchronize(long)");
  EXPECT_EQ(demangle("pthread_mutex_lock"), "pthread_mutex_lock");
  EXPECT_EQ(demangle("_Zgarbage"), "_Zgarbage");
  EXPECT_EQ(demangle(""), "");
}

TEST(Demangle, BoundsWhatItReturns) {
  EXPECT_EQ(demangle(std::string(100'000, 'x')).size(), 1024u);
  EXPECT_LE(demangle("_ZN" + std::string(5000, '1')).size(), 1024u);
}

}  // namespace
}  // namespace kvtool::snapshot

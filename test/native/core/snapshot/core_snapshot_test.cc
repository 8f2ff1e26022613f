// Core files: those that the kernel writes, and those that nobody should believe.
#include "core/snapshot/core_snapshot.h"

#include <elf.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

#include "core/snapshot/json.h"
#include "core/snapshot/snapshot.h"
#include "tools/child_process.h"

namespace kvtool::snapshot {
namespace {

namespace fs = std::filesystem;

std::string bytes_of(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(file), {});
}

void write_bytes(const fs::path& path, std::string_view bytes) {
  std::ofstream(path, std::ios::binary).write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

// A folder of its own, and the core file of a program that was made to write one there.
class Cores : public testing::Test {
 protected:
  Cores() {
    fs::create_directories(folder_);
    fs::copy_file(fixture_program("abba"), program_, fs::copy_options::overwrite_existing);
  }
  ~Cores() override {
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
  }

  // Why there is none, or nothing.
  std::string make_core() {
    const std::string pattern = bytes_of("/proc/sys/kernel/core_pattern");
    if (pattern.starts_with('|') || pattern.starts_with('/'))
      return "core files go elsewhere here (kernel.core_pattern is " + pattern + ")";
    ChildProcess child({"sh", "-c", "ulimit -c unlimited && cd \"$0\" && exec ./program", folder_});
    for (const auto& words : child.facts()) tids_.push_back(std::stoi(words.at(2)));
    pid_ = child.pid();
    EXPECT_TRUE(await_until([&] {
      const ProcessDump dump = take_snapshot({.pid = pid_});
      return std::ranges::count_if(dump.threads, [](const auto& t) { return t.wait && t.wait->owner; }) == 2;
    }));
    child.send(SIGABRT);
    child.wait();
    for (const auto& entry : fs::directory_iterator(folder_))
      if (entry.path().filename().string().starts_with("core")) core_ = entry.path();
    return core_.empty() ? "the kernel wrote no core file here" : "";
  }
  fs::path folder_ = fs::path(testing::TempDir()) / ("kvtool-cores-" + std::to_string(getpid()));
  fs::path program_ = folder_ / "program";
  fs::path core_;
  pid_t pid_ = 0;
  std::vector<pid_t> tids_;
};

const ThreadDump* find(const ProcessDump& dump, pid_t tid) {
  const auto thread = std::ranges::find(dump.threads, tid, &ThreadDump::tid);
  return thread == dump.threads.end() ? nullptr : &*thread;
}

bool lacks(const ProcessDump& dump, const std::string& text) {
  return std::ranges::any_of(dump.lacks,
                             [&](const std::string& s) { return s.find(text) != std::string::npos; });
}

bool calls(const ThreadDump& thread, const std::string& function) {
  return std::ranges::any_of(thread.frames,
                             [&](const Frame& f) { return f.function.find(function) != std::string::npos; });
}

TEST_F(Cores, HasTheDeadlockThatTheProcessHad) {
  if (const std::string why = make_core(); !why.empty()) GTEST_SKIP() << why;
  const ProcessDump dump = take_core_snapshot({.core = core_});
  EXPECT_EQ(dump.pid, pid_);
  EXPECT_EQ(dump.command, "program");
  ASSERT_EQ(dump.threads.size(), 3u);
  for (const std::size_t i : {0, 1}) {
    const ThreadDump* thread = find(dump, tids_.at(i));
    ASSERT_NE(thread, nullptr);
    EXPECT_EQ(thread->rung, Rung::core);
    EXPECT_EQ(thread->accuracy, Accuracy::exact);
    EXPECT_EQ(thread->stack, StackState::complete);
    EXPECT_TRUE(calls(*thread, "take_second"));
    ASSERT_TRUE(thread->wait);
    EXPECT_EQ(thread->wait->kind, WaitKind::mutex);
    EXPECT_EQ(thread->wait->owner, tids_.at(1 - i));
  }
  EXPECT_EQ(dump.paused_us, 0u);
  EXPECT_TRUE(dump.lacks.empty()) << testing::PrintToString(dump.lacks);
}

TEST_F(Cores, WithoutTheListOfFilesItSaysWhyThereAreNoNames) {
  if (const std::string why = make_core(); !why.empty()) GTEST_SKIP() << why;
  std::string bytes = bytes_of(core_);
  // The type of NT_FILE stands before the name of its note.
  const std::string list(
      "ELIF"
      "CORE\0",
      9);
  const std::size_t at = bytes.find(list);
  ASSERT_NE(at, std::string::npos);
  bytes.replace(at, 4, "XXXX");
  write_bytes(core_, bytes);
  const ProcessDump dump = take_core_snapshot({.core = core_});
  EXPECT_EQ(dump.threads.size(), 3u);
  EXPECT_TRUE(lacks(dump, "has no list of the files that were mapped (NT_FILE)"))
      << testing::PrintToString(dump.lacks);
}

TEST_F(Cores, ProgramThatMovedIsNamed) {
  if (const std::string why = make_core(); !why.empty()) GTEST_SKIP() << why;
  const fs::path moved = folder_ / "moved";
  fs::rename(program_, moved);
  const ProcessDump lost = take_core_snapshot({.core = core_});
  EXPECT_TRUE(
      lacks(lost, "No names for the frames in program: its file could not be opened; name it with --exe"))
      << testing::PrintToString(lost.lacks);
  const ProcessDump found = take_core_snapshot({.core = core_, .executable = moved});
  EXPECT_TRUE(calls(*find(found, tids_.at(0)), "take_second"));
  EXPECT_TRUE(found.lacks.empty()) << testing::PrintToString(found.lacks);
}

TEST_F(Cores, AnotherBuildIsNotBelieved) {
  if (const std::string why = make_core(); !why.empty()) GTEST_SKIP() << why;
  fs::copy_file(fixture_program("spinner"), program_, fs::copy_options::overwrite_existing);
  const ProcessDump dump = take_core_snapshot({.core = core_});
  EXPECT_TRUE(lacks(dump, "it is not the build that the process ran")) << testing::PrintToString(dump.lacks);
  EXPECT_FALSE(calls(*find(dump, pid_), "main"));
}

TEST_F(Cores, FilesAreLookedForInTheSysroot) {
  if (const std::string why = make_core(); !why.empty()) GTEST_SKIP() << why;
  const fs::path root = folder_ / "root";
  fs::create_directories(root);
  const ProcessDump empty = take_core_snapshot({.core = core_, .sysroot = root});
  EXPECT_TRUE(lacks(empty, "libc.so.6: its file could not be opened"));
  const CoreFile core({.core = core_});
  for (const Mapping& file : core.notes().files) {
    const fs::path inside = root / fs::path(file.path).relative_path();
    fs::create_directories(inside.parent_path());
    fs::copy_file(file.path, inside, fs::copy_options::skip_existing);
  }
  fs::remove(program_);
  const ProcessDump dump = take_core_snapshot({.core = core_, .sysroot = root});
  EXPECT_TRUE(calls(*find(dump, pid_), "main"));
  EXPECT_TRUE(dump.lacks.empty()) << testing::PrintToString(dump.lacks);
}

TEST_F(Cores, CutCoreGivesWhatIsThere) {
  if (const std::string why = make_core(); !why.empty()) GTEST_SKIP() << why;
  const auto size = fs::file_size(core_);
  const fs::path cut = folder_ / "cut";
  for (int eighths = 7; eighths >= 1; --eighths) {
    fs::copy_file(core_, cut, fs::copy_options::overwrite_existing);
    fs::resize_file(cut, size * static_cast<std::uintmax_t>(eighths) / 8);
    const ProcessDump dump = take_core_snapshot({.core = cut});
    EXPECT_EQ(dump.threads.size(), 3u) << eighths;
    EXPECT_TRUE(lacks(dump, "The core file is cut: ")) << eighths;
  }
}

TEST_F(Cores, WhatIsNoCoreIsAnErrorThatSaysSo) {
  const fs::path garbage = folder_ / "garbage";
  const std::pair<std::string, const char*> wrong[] = {
      {"", "no ELF file"},
      {"hello", "no ELF file"},
      {std::string(4096, '\x7f'), "no ELF file"},
      {bytes_of(program_), "an ELF file that is no core"},
      {bytes_of(program_).replace(16, 1, "\x04"), "no threads"},
  };
  for (const auto& [bytes, expected] : wrong) {
    write_bytes(garbage, bytes);
    try {
      take_core_snapshot({.core = garbage});
      FAIL() << expected;
    } catch (const CoreError& error) {
      EXPECT_EQ(std::string(error.what()).find(std::string("found ") + expected + " in "), 0u)
          << error.what();
    }
  }
  EXPECT_THROW(take_core_snapshot({.core = folder_ / "none"}), CoreError);
  EXPECT_THROW(take_core_snapshot({.core = folder_}), CoreError) << "a folder";
}

// Damaged and hostile files: whatever is in them, there is an answer soon. Seeds are fixed, so that a failure
// comes again.
class HostileFiles : public Cores {
 protected:
  static constexpr std::chrono::milliseconds kBudget{500};

  void expect_an_answer(const CoreOptions& options) {
    const auto began = std::chrono::steady_clock::now();
    try {
      const ProcessDump dump = take_core_snapshot(options, kBudget);
      EXPECT_FALSE(to_json(dump).empty());
    } catch (const CoreError&) {
      // That is one, too.
    }
    EXPECT_LT(std::chrono::steady_clock::now() - began, 10 * kBudget);
  }
};

// Changes some bytes of [begin, end).
void damage(std::string& bytes, std::size_t begin, std::size_t end, std::mt19937& random) {
  const std::size_t changes = 1 + random() % 24;
  for (std::size_t i = 0; i < changes; ++i) {
    const std::size_t at = begin + random() % (end - begin);
    // Whole words now and then: sizes and offsets.
    if (random() % 3 == 0 && at + 8 <= end) {
      const std::uint64_t word = random() % 2 == 0 ? ~std::uint64_t{0} >> random() % 64 : random();
      std::memcpy(bytes.data() + at, &word, sizeof word);
    } else {
      bytes[at] = static_cast<char>(random());
    }
  }
}

TEST_F(HostileFiles, CoresWithDamagedHeadersAndNotes) {
  if (const std::string why = make_core(); !why.empty()) GTEST_SKIP() << why;
  const std::string whole = bytes_of(core_);
  const fs::path path = folder_ / "damaged";
  // Headers and notes stand first.
  const std::size_t end = std::min<std::size_t>(whole.size(), 16384);
  fs::copy_file(core_, path);
  for (std::uint32_t seed = 0; seed < 300; ++seed) {
    std::mt19937 random(seed);
    std::string bytes = whole.substr(0, end);
    damage(bytes, 0, end, random);
    std::fstream(path, std::ios::binary | std::ios::in | std::ios::out)
        .write(bytes.data(), static_cast<std::streamsize>(end));
    SCOPED_TRACE(seed);
    expect_an_answer({.core = path});
  }
}

TEST_F(HostileFiles, CoresWithDamagedStacks) {
  if (const std::string why = make_core(); !why.empty()) GTEST_SKIP() << why;
  const std::string whole = bytes_of(core_);
  const fs::path path = folder_ / "damaged";
  fs::copy_file(core_, path);
  for (std::uint32_t seed = 0; seed < 60; ++seed) {
    std::mt19937 random(seed);
    std::string bytes = whole;
    // All over the stacks, and over everything else that is memory.
    for (int i = 0; i < 4000; ++i) damage(bytes, 16384, bytes.size(), random);
    write_bytes(path, bytes);
    SCOPED_TRACE(seed);
    expect_an_answer({.core = path});
  }
}

// Beyond the part that tells builds apart, so that the file is believed.
TEST_F(HostileFiles, ProgramsWithDamagedSymbolsAndUnwindInformation) {
  if (const std::string why = make_core(); !why.empty()) GTEST_SKIP() << why;
  const std::string whole = bytes_of(program_);
  Elf64_Ehdr header{};
  std::memcpy(&header, whole.data(), sizeof header);
  std::vector<std::pair<std::size_t, std::size_t>> targets{
      {header.e_shoff, header.e_shoff + std::size_t{header.e_shnum} * header.e_shentsize}};
  for (std::size_t i = 0; i < header.e_shnum; ++i) {
    Elf64_Shdr section{};
    std::memcpy(&section, whole.data() + header.e_shoff + i * sizeof section, sizeof section);
    const bool interesting = section.sh_type == SHT_SYMTAB || section.sh_type == SHT_STRTAB ||
                             section.sh_type == SHT_DYNSYM || (section.sh_flags & SHF_ALLOC) != 0;
    if (interesting && section.sh_type != SHT_NOBITS && section.sh_offset >= 1024 && section.sh_size > 8)
      targets.emplace_back(section.sh_offset, section.sh_offset + section.sh_size);
  }
  ASSERT_GT(targets.size(), 5u);
  const fs::path path = folder_ / "damaged";
  for (std::uint32_t seed = 0; seed < 400; ++seed) {
    std::mt19937 random(seed);
    std::string bytes = whole;
    const auto& [begin, end] = targets[seed % targets.size()];
    damage(bytes, begin, end, random);
    write_bytes(path, bytes);
    SCOPED_TRACE(seed);
    expect_an_answer({.core = core_, .executable = path});
  }
}

TEST(CoreNotes, AreReadAsFarAsTheyMakeSense) {
  for (std::uint32_t seed = 0; seed < 2000; ++seed) {
    std::mt19937 random(seed);
    std::vector<std::byte> bytes(random() % 2048);
    for (std::byte& byte : bytes) byte = static_cast<std::byte>(random() % 7 == 0 ? random() : 0);
    // Notes of the kinds that are read, with any size.
    for (std::size_t at = 0; at + 12 <= bytes.size(); at += 12 + random() % 512) {
      constexpr std::uint32_t kTypes[] = {NT_PRSTATUS, NT_PRPSINFO, NT_AUXV, NT_FILE};
      const std::uint32_t note[] = {static_cast<std::uint32_t>(random() % 16),
                                    static_cast<std::uint32_t>(random() % 600),
                                    kTypes[random() % std::size(kTypes)]};
      std::memcpy(bytes.data() + at, note, sizeof note);
    }
    parse_core_notes(bytes);
  }
}

}  // namespace
}  // namespace kvtool::snapshot

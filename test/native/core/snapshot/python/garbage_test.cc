// Memory that changes and lies while it is read must cost neither a crash nor much time.
#include <cstring>

#include "core/snapshot/python/python_reader.h"
#include "pythons.h"

namespace kvtool::snapshot::python {
namespace {

using PythonGarbage = EveryPython;

// A live process's memory in which words are wrong now and then: pointers to elsewhere, lengths, zeros.
class LyingMemory final : public Memory {
 public:
  LyingMemory(pid_t pid, std::uint32_t seed, std::uint32_t one_in)
      : source_(pid), random_(seed), one_in_(one_in) {}

  std::size_t read(std::uint64_t address, std::span<std::byte> out) const override {
    const std::size_t bytes = source_.read(address, out);
    for (std::size_t at = 0; at + 8 <= bytes; at += 8) {
      if (next() % one_in_ != 0) continue;
      std::uint64_t lie = 0;
      std::memcpy(&lie, out.data() + at, sizeof lie);
      switch (next() % 5) {
        case 0:
          lie = 0;
          break;
        case 1:
          lie = ~lie;
          break;
        case 2:
          lie += next() % 4096;
          break;
        case 3:
          lie = address - next() % 65536;
          break;
        default:
          lie ^= std::uint64_t{1} << next() % 64;
      }
      std::memcpy(out.data() + at, &lie, sizeof lie);
    }
    return bytes;
  }

 private:
  std::uint32_t next() const { return (random_ = random_ * 1664525 + 1013904223) >> 8; }

  ProcessMemory source_;
  mutable std::uint32_t random_;
  std::uint32_t one_in_;
};

TEST_P(PythonGarbage, CostsNeitherACrashNorMuchTime) {
  const PythonProgram program(GetParam(), "abba-locks.py");
  const ProcessDump dump = program.await_frames();
  const Target target(dump.pid);
  const AddressMap map(parse_maps(target.process_file("maps").text));
  const auto began = std::chrono::steady_clock::now();
  std::size_t readers = 0;
  for (std::uint32_t seed = 0; seed < 60; ++seed) {
    const LyingMemory memory(dump.pid, seed, seed % 2 == 0 ? 20000 : 300);
    LiveThreadIds ids(target);
    Lacks lacks;
    const auto reader = find_reader(target, map, memory, ids, lacks);
    if (reader == nullptr) continue;
    ++readers;
    std::vector<ThreadDump> threads = dump.threads;
    for (ThreadDump& thread : threads) {
      reader->read(thread, Walk(), StackCopy());
      reader->read_running(thread);
      EXPECT_LE(thread.frames.size(), 4000u);
    }
    reader->finish(threads, lacks);
  }
  EXPECT_GT(readers, 0u);
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(60));
}

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(PythonGarbage);
INSTANTIATE_TEST_SUITE_P(Pythons, PythonGarbage, testing::ValuesIn(supported_pythons()), test_name);

}  // namespace
}  // namespace kvtool::snapshot::python

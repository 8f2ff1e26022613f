#include "core/snapshot/v8/frame_decoder.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <random>
#include <span>
#include <vector>

#include "core/snapshot/v8/fake_heap.h"
#include "core/snapshot/v8/isolate.h"
#include "core/snapshot/v8/paged_memory.h"

namespace kvtool::snapshot::v8 {
namespace {

constexpr std::uint64_t kCode = 0x7f0000000000;
constexpr std::uint64_t kStack = 0x7ffe00000000;

// A process with generated code at kCode.
AddressMap map_with_code() {
  return AddressMap(
      parse_maps("7f0000000000-7f0000100000 rwxp 00000000 00:00 0 \n"
                 "7ffe00000000-7ffe00100000 rw-p 00000000 00:00 0 [stack]\n"));
}

struct Fixture {
  Fixture()
      : map(map_with_code()),
        engine(map, {.file = {}, .layout = fake.layout}),
        decoder(fake.memory, engine, map) {}

  // A function of a script whose third line is `  return f();`.
  Word function(std::string_view name) {
    const Word script = fake.object(fake.layout.script_type, 112);
    fake.put(script, 8, fake.text("function g(f) {\n  // calls\n  return f();\n}\n"));
    fake.put(script, 16, fake.text("/srv/app.js"));
    const Word shared = fake.object(fake.layout.shared_type, 64);
    fake.put(shared, 16, fake.text(name));
    fake.put(shared, 32, script);
    const Word made = fake.object(fake.layout.first_function_type, 64);
    fake.put(made, 32, shared);
    return made;
  }
  Word bytecode(const std::vector<std::uint8_t>& positions) {
    const Word made = fake.object(fake.layout.bytecode_array_type, 96);
    fake.put(made, 8, FakeHeap::integer(16));
    fake.put(made, 24, fake.byte_array(positions));
    return made;
  }
  void push(int offset, Word word) {
    fake.memory.put(kStack + 0x1000 + static_cast<std::uint64_t>(offset), word);
  }
  std::vector<Frame> frames(std::uint64_t pc = kCode + 0x500) {
    return decoder.functions({.pc = pc, .lookup = pc - 1, .fp = kStack + 0x1000});
  }

  FakeHeap fake;
  AddressMap map;
  Engine engine;
  FrameDecoder decoder;
};

// The code of the positions: offset 0 is at position 1, offset 3 at position 36, which is `f` in line 3.
const std::vector<std::uint8_t> kPositions{2, 2 * 4, 6, 0x8c, 1};

TEST(FrameDecoder, ReadsAnInterpretedFrame) {
  Fixture fixture;
  fixture.push(-8, fixture.fake.text("a context"));
  fixture.push(-16, fixture.function("g"));
  fixture.push(-32, fixture.bytecode(kPositions));
  fixture.push(-40, FakeHeap::integer(64 - 1 + 5));
  const auto frames = fixture.frames();
  ASSERT_EQ(frames.size(), 1u);
  EXPECT_EQ(frames[0].function, "g");
  EXPECT_EQ(frames[0].file, "/srv/app.js");
  EXPECT_EQ(frames[0].line, 3);
  EXPECT_EQ(frames[0].column, 10);
  EXPECT_EQ(frames[0].tier, "interpreted");
  EXPECT_EQ(frames[0].runtime, Runtime::js);
}

TEST(FrameDecoder, FallsBackToTheFunctionItself) {
  Fixture fixture;
  fixture.push(-8, fixture.fake.text("a context"));
  fixture.push(-16, fixture.function("g"));
  fixture.push(-32, fixture.bytecode({}));
  fixture.push(-40, FakeHeap::integer(64 - 1 + 5));
  const auto frames = fixture.frames();
  ASSERT_EQ(frames.size(), 1u);
  EXPECT_EQ(frames[0].function, "g");
  EXPECT_EQ(frames[0].column, std::nullopt) << "where it is, is not known";
}

TEST(FrameDecoder, FramesOfOtherKindsAreNoFunctions) {
  Fixture fixture;
  EXPECT_TRUE(fixture.frames().empty()) << "nothing there";
  fixture.push(-16, fixture.function("g"));
  fixture.push(-8, Word{1} << 1);
  EXPECT_TRUE(fixture.frames().empty());
  EXPECT_TRUE(fixture.decoder.is_entry(kStack + 0x1000));
  fixture.push(-8, Word{20} << 1);
  EXPECT_EQ(fixture.frames().at(0).tier, "builtin") << "a builtin that goes on for optimized code";
  EXPECT_FALSE(fixture.decoder.is_entry(kStack + 0x1000));
  fixture.push(-8, fixture.fake.text("a context"));
  fixture.push(-16, fixture.fake.text("no function"));
  EXPECT_TRUE(fixture.frames().empty());
}

// Memory in which every word looks like something: objects of all types that lead to each other at random.
class HostileMemory final : public Memory {
 public:
  HostileMemory(const Layout& layout, std::uint32_t seed) : random_(seed) {
    const int types[] = {layout.map_type, layout.code_type, layout.instruction_stream_type,
                         layout.shared_type, layout.script_type, layout.bytecode_array_type,
                         layout.byte_array_type, layout.scope_info_type, layout.fixed_array_type,
                         layout.debug_info_type, layout.interpreter_data_type, layout.first_function_type,
                         // The way to everything else leads through these.
                         layout.first_function_type, layout.first_function_type, layout.first_function_type,
                         layout.shared_type, layout.shared_type, layout.shared_type, 0, 8, 9, 10, 11, 13};
    const std::size_t count = std::size(types);
    for (std::size_t i = 0; i < kWords; ++i)
      words_[i] = i % kObjectWords == 0 ? tagged(random_() % count * 8) : any(count);
    for (std::size_t i = 0; i < count; ++i) {
      words_[i * 8] = tagged(0);
      words_[i * 8 + 1] = static_cast<Word>(types[i]) << 32;  // the half word at 12
    }
  }
  std::size_t read(std::uint64_t address, std::span<std::byte> out) const override {
    // The same everywhere: stack, code and heap.
    const auto all = std::as_bytes(std::span(words_));
    for (std::size_t done = 0; done < out.size();) {
      const std::size_t at = (address + done) % all.size();
      const std::size_t part = std::min(out.size() - done, all.size() - at);
      std::memcpy(out.data() + done, all.data() + at, part);
      done += part;
    }
    return out.size();
  }

 private:
  static constexpr std::size_t kWords = 8192;
  // So often there is an object, of a type that means something. No field is a multiple of it.
  static constexpr std::size_t kObjectWords = 3;
  static Word tagged(std::size_t word) { return (std::uint64_t{1} << 32) + word * 8 + 1; }
  Word any(std::size_t maps) {
    switch (random_() % 8) {
      case 0:
        return FakeHeap::integer(static_cast<std::int32_t>(random_() % 64));
      case 1:
        return FakeHeap::integer(static_cast<std::int32_t>(random_()));
      case 2:
        return random_();
      case 3:
      case 4:
        return tagged(random_() % maps * 8);
      default:
        return tagged(random_() % (kWords / kObjectWords) * kObjectWords);
    }
  }
  std::mt19937_64 random_;
  std::vector<Word> words_ = std::vector<Word>(kWords);
};

TEST(FrameDecoder, SurvivesHostileMemory) {
  const AddressMap map = map_with_code();
  std::size_t found = 0;
  for (std::uint32_t seed = 0; seed < 40; ++seed) {
    for (const Version version : {Version{11, 3}, Version{12, 4}, Version{13, 6}, Version{14, 6}}) {
      Layout layout = node22_layout();
      layout.constants = constants_of(version);
      const Engine engine(map, {.file = {}, .layout = layout});
      const HostileMemory hostile(layout, seed);
      PagedMemory memory(hostile, 256);
      FrameDecoder decoder(memory, engine, map);
      for (std::uint64_t fp = kStack + 64; fp < kStack + 4096; fp += 8) {
        found +=
            decoder.functions({.pc = kCode + 8 * fp % 65536, .lookup = kCode + 8 * fp % 65536 - 1, .fp = fp})
                .size();
        read_segment(memory, decoder, fp);
        memory.forget();
        decoder.forget();
      }
    }
  }
  EXPECT_GT(found, 100u) << "the memory misleads nobody";
}

}  // namespace
}  // namespace kvtool::snapshot::v8

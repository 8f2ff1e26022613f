#include "core/snapshot/v8/perf_map.h"

#include <gtest/gtest.h>

#include <random>

namespace kvtool::snapshot::v8 {
namespace {

TEST(PerfMap, FindsTheCodeOfAnAddress) {
  const PerfMap map(
      "1000 10 JS:~first /srv/app.js:1:2\n"
      "not a line\n"
      "1020 8 Builtin:ArrayForEach\n"
      "1000 20 JS:*first /srv/app.js:1:2");
  EXPECT_EQ(map.find(0xfff), std::nullopt);
  EXPECT_EQ(map.find(0x1000), "JS:*first /srv/app.js:1:2") << "the last one written";
  EXPECT_EQ(map.find(0x101f), "JS:*first /srv/app.js:1:2");
  EXPECT_EQ(map.find(0x1020), "Builtin:ArrayForEach");
  EXPECT_EQ(map.find(0x1028), std::nullopt);
  EXPECT_TRUE(PerfMap("").empty());
}

Frame named(const char* name) {
  Frame frame;
  name_frame(name, frame);
  return frame;
}

TEST(PerfMap, SplitsNamesOfJavaScript) {
  const Frame run = named("JS:~run /srv/my app.js:12:9");
  EXPECT_EQ(run.runtime, Runtime::js);
  EXPECT_EQ(run.function, "run");
  EXPECT_EQ(run.file, "/srv/my app.js");
  EXPECT_EQ(run.line, 12);
  EXPECT_EQ(run.column, 9);
  EXPECT_EQ(run.tier, "interpreted");

  EXPECT_EQ(named("JS:+'hot node:internal/timers:1:2").tier, "maglev");
  EXPECT_EQ(named("JS:^warm file:///a.mjs:1:2").tier, "baseline");
  EXPECT_EQ(named("JS:*get value /a.js:7:2").function, "get value");
  EXPECT_EQ(named("JS:*get value /a.js:7:2").tier, "turbofan");
  EXPECT_EQ(named("JS:~ /a.js:7:2").function, "<anonymous>");
  EXPECT_EQ(named("JS:old /a.js:7").line, 7);
  EXPECT_EQ(named("JS:old /a.js:7").column, std::nullopt);

  const Frame builtin = named("BytecodeHandler:CallProperty");
  EXPECT_EQ(builtin.runtime, Runtime::native);
  EXPECT_EQ(builtin.function, "BytecodeHandler:CallProperty");
}

TEST(PerfMap, OfGarbageIsHarmless) {
  std::mt19937 random(3);
  constexpr std::string_view kAlphabet = "0123456789abcdef :\nJS~*\xff/";
  for (int round = 0; round < 5'000; ++round) {
    std::string text(random() % 200, ' ');
    for (char& character : text) character = kAlphabet[random() % kAlphabet.size()];
    Frame frame;
    name_frame(text, frame);
    const PerfMap map(text);
    map.find(random());
  }
}

}  // namespace
}  // namespace kvtool::snapshot::v8

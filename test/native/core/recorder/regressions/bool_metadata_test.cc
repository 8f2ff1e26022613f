// The original sorted metadata into a map of strings and a map of 64-bit integers: a bool came back as 0 or
// 1, a float, None or a list as its str(), and an integer beyond 63 bits raised in the caller.
#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "../../../support/events.h"
#include "../../../support/fake_device.h"
#include "core/recorder/event_recorder.h"
#include "core/runtime/real_runtime.h"

namespace kvtool {
namespace {

const Metadata kEveryType = {
    {"none", Value{}},
    {"false", false},
    {"true", true},
    {"zero", 0},
    {"one", 1},
    {"smallest", std::numeric_limits<std::int64_t>::min()},
    {"largest", std::numeric_limits<std::int64_t>::max()},
    {"beyond 63 bits", BigInteger{"18446744073709551616"}},
    {"fraction", 0.1},
    {"whole float", 1.0},
    {"text", "text"},
    {"numeric text", "1"},
    {"text with a NUL", std::string("a\0b", 3)},
    {"list", Nested{R"([1,"a",null])"}},
    {"map", Nested{R"({"a":{"b":true}})"}},
    {"", "the empty key"},
    {"true", "a key that was there before"},
};

void expect_same(const Metadata& in, const Metadata& out) {
  ASSERT_EQ(in.size(), out.size());
  for (std::size_t i = 0; i < in.size(); ++i) {
    EXPECT_EQ(in[i].first, out[i].first);
    EXPECT_EQ(type_of(in[i].second), type_of(out[i].second)) << in[i].first;
    EXPECT_EQ(in[i].second, out[i].second) << in[i].first;
  }
}

TEST(BoolMetadata, ComesOutOfAStreamWithTheTypesThatWentIn) {
  FakeDevice device;
  EventRecorder<RealRuntime> recorder(device);
  ASSERT_EQ(recorder.record_on_stream(StreamId{1}, make_event("E", "s", kEveryType)), Status::ok);
  device.run_all();
  std::vector<Event> events;
  ASSERT_EQ(recorder.drain(events), 1u);
  expect_same(kEveryType, events[0].metadata);
}

TEST(BoolMetadata, ComesOutOfTheHostSideWithTheTypesThatWentIn) {
  FakeDevice device;
  EventRecorder<RealRuntime> recorder(device);
  ASSERT_EQ(recorder.record(make_event("E", "s", kEveryType)), Status::ok);
  std::vector<Event> events;
  ASSERT_EQ(recorder.drain(events), 1u);
  expect_same(kEveryType, events[0].metadata);
}

}  // namespace
}  // namespace kvtool

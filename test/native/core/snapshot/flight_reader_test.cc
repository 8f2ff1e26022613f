#include "core/snapshot/flight_reader.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstring>
#include <fstream>
#include <memory>
#include <string>

#include "core/runtime/flight_layout.h"

namespace kvtool::snapshot {
namespace {

// A whole flight file in memory.
struct FlightImage {
  FlightHeader header{};
  FlightCounter counters[kFlightCounters]{};
  FlightLine lines[kFlightLines]{};
};
static_assert(sizeof(FlightImage) == kFlightBytes);

class FlightReaderTest : public testing::Test {
 protected:
  FlightReaderTest() : path_(testing::TempDir() + "kvtool-flight-reader-" + std::to_string(getpid())) {
    FlightHeader& header = image_->header;
    std::memcpy(header.magic, kFlightMagic, sizeof kFlightMagic);
    header.version = kFlightVersion;
    header.header_bytes = sizeof(FlightHeader);
    header.counter_capacity = kFlightCounters;
    header.counter_bytes = sizeof(FlightCounter);
    header.line_capacity = kFlightLines;
    header.line_bytes = sizeof(FlightLine);
    header.file_bytes = kFlightBytes;
    header.pid = 77;
    FlightLine& line = image_->lines[3];
    line.tid = 78;
    line.since_ns = 5'000'000'000;
    std::strcpy(line.name, "launcher");
    std::strcpy(line.wants, "driver-lock:W");
    std::strcpy(line.where, "cudaEventRecord");
    std::strcpy(line.holds[0], "runtime-lock:GIL");
    std::strcpy(line.holds[1], "mutex:transfer_lock");
    line.held_count = 2;
  }
  ~FlightReaderTest() override { unlink(path_.c_str()); }

  FlightReading read(std::size_t bytes = kFlightBytes) {
    std::ofstream(path_, std::ios::binary)
        .write(reinterpret_cast<const char*>(image_.get()), static_cast<std::streamsize>(bytes));
    return read_flight(path_, 7'500'000'000);
  }
  void expect_refused(const FlightReading& reading, const std::string& why) {
    EXPECT_EQ(reading.writer, 0);
    EXPECT_TRUE(reading.lines.empty());
    ASSERT_EQ(reading.lacks.size(), 1u);
    EXPECT_NE(reading.lacks[0].find(why), std::string::npos) << reading.lacks[0];
  }

  std::string path_;
  std::unique_ptr<FlightImage> image_ = std::make_unique<FlightImage>();
};

TEST_F(FlightReaderTest, ReadsTheLinesInUse) {
  const FlightReading reading = read();
  EXPECT_EQ(reading.writer, 77);
  EXPECT_TRUE(reading.lacks.empty());
  ASSERT_EQ(reading.lines.size(), 1u);
  const LockLine& line = reading.lines[0];
  EXPECT_EQ(line.tid, 78);
  EXPECT_EQ(line.name, "launcher");
  EXPECT_EQ(line.holds, (std::vector<std::string>{"runtime-lock:GIL", "mutex:transfer_lock"}));
  EXPECT_EQ(line.wants, "driver-lock:W");
  EXPECT_EQ(line.where, "cudaEventRecord");
  EXPECT_EQ(line.waiting_ms, 2500u);
}

TEST_F(FlightReaderTest, ALineThatWantsNothingDoesNotWait) {
  image_->lines[3].wants[0] = '\0';
  const FlightReading reading = read();
  ASSERT_EQ(reading.lines.size(), 1u);
  EXPECT_EQ(reading.lines[0].wants, "");
  EXPECT_EQ(reading.lines[0].where, "");
  EXPECT_FALSE(reading.lines[0].waiting_ms);
}

TEST_F(FlightReaderTest, ALineInTheMiddleOfAChangeIsNamed) {
  image_->lines[3].sequence = 5;
  const FlightReading reading = read();
  EXPECT_TRUE(reading.lines.empty());
  ASSERT_EQ(reading.lacks.size(), 1u);
  EXPECT_NE(reading.lacks[0].find("1 lock lines"), std::string::npos);
}

TEST_F(FlightReaderTest, NothingInALineIsTrusted) {
  FlightLine& line = image_->lines[3];
  line.held_count = 0xffffffff;
  std::memset(line.name, 'n', sizeof line.name);  // without an end
  line.since_ns = ~std::uint64_t{0};              // in the future
  const FlightReading reading = read();
  ASSERT_EQ(reading.lines.size(), 1u);
  EXPECT_EQ(reading.lines[0].name, std::string(sizeof line.name, 'n'));
  EXPECT_EQ(reading.lines[0].holds.size(), kLineHolds);
  EXPECT_FALSE(reading.lines[0].waiting_ms);
}

TEST_F(FlightReaderTest, ATruncatedFileGivesWhatItHas) {
  constexpr std::size_t kFirstLine = sizeof(FlightHeader) + sizeof(FlightImage::counters);
  const FlightReading most = read(kFirstLine + 4 * sizeof(FlightLine));
  EXPECT_EQ(most.lines.size(), 1u);
  EXPECT_EQ(most.lacks.size(), 1u);
  EXPECT_TRUE(read(kFirstLine + 3 * sizeof(FlightLine) + 100).lines.empty());
  expect_refused(read(sizeof(FlightHeader) - 1), "shorter than a header");
  expect_refused(read(0), "shorter than a header");
}

TEST_F(FlightReaderTest, ForeignFilesAreRefused) {
  image_->header.magic[0] = 'X';
  expect_refused(read(), "no flight file");
  std::memcpy(image_->header.magic, kFlightMagic, sizeof kFlightMagic);
  image_->header.version = 9;
  expect_refused(read(), "found version 9, expected 1");
  image_->header.version = kFlightVersion;
  image_->header.line_bytes = 0;
  expect_refused(read(), "damaged");
}

TEST_F(FlightReaderTest, WhatIsNoFileIsRefused) {
  expect_refused(read_flight(path_ + "-missing", 0), "No such file");
  expect_refused(read_flight(testing::TempDir(), 0), "no regular file");
  ASSERT_EQ(mkfifo(path_.c_str(), 0600), 0);
  expect_refused(read_flight(path_, 0), "no regular file");
}

}  // namespace
}  // namespace kvtool::snapshot

// PerfMap: names of generated code, from the file that many runtimes write for perf when they are told to
// (Node: --perf-basic-prof, with --interpreted-frames-native-stack for functions that are not compiled).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/snapshot/process_dump.h"

namespace kvtool::snapshot::v8 {

class PerfMap {
 public:
  // The text of /tmp/perf-PID.map: lines of start, size (both hexadecimal) and name.
  explicit PerfMap(std::string text);

  bool empty() const { return entries_.empty(); }
  // The name of the code at that address. Of code that was replaced the file keeps all; the last is right.
  std::optional<std::string_view> find(std::uint64_t address) const;

 private:
  struct Entry {
    std::uint64_t start;
    std::uint64_t end;
    std::size_t name;
    std::uint32_t name_bytes;
    std::uint32_t line;  // in the file
  };

  std::string text_;
  std::vector<Entry> entries_;  // by address
};

// Node's names of JavaScript: `JS:~run /srv/app.js:12:9`, of a function and where it begins. Others are taken
// as they are.
void name_frame(std::string_view name, Frame& frame);

}  // namespace kvtool::snapshot::v8

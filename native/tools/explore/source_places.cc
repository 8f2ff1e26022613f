#include "tools/explore/source_places.h"

#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <string_view>
#include <vector>

#include "core/snapshot/deadline.h"
#include "core/snapshot/proc_files.h"

namespace kvtool::explore {
namespace {

// The code that people look for: scenarios, and the classes that they exercise. Not the explorer, not the
// runtime, not the standard library.
constexpr std::array<std::string_view, 6> kSubjects{"/scenarios/",
                                                    "/native/core/pool/",
                                                    "/native/core/ring/",
                                                    "/native/core/recorder/",
                                                    "/native/core/transfer/",
                                                    "/native/core/device/"};

// "/home/x/kvtool/scenarios/abba/actors.h" -> "abba/actors.h"; empty for what is no subject. The scenarios
// come from "/test/native/scenarios/" as well, which is none.
// A compiler that was given relative folders writes relative names.
std::string subject(const std::string& name) {
  const std::string file = name.starts_with('/') ? name : '/' + name;
  for (const std::string_view folder : kSubjects) {
    const std::size_t at = file.rfind(folder);
    if (at == std::string::npos || file.find("/test/") != std::string::npos) continue;
    const std::string_view root = folder == "/scenarios/" ? folder : std::string_view("/native/");
    return file.substr(at + root.size());
  }
  return {};
}

}  // namespace

SourcePlaces::SourcePlaces()
    : self_(getpid()),
      map_(snapshot::parse_maps(self_.process_file("maps").text)),
      symbols_(self_, map_),
      lines_(self_, map_) {}

const Place& SourcePlaces::of(const void* address) {
  const auto [found, fresh] = known_.try_emplace(address);
  if (fresh && address != nullptr) found->second = find(address);
  return found->second;
}

Place SourcePlaces::find(const void* address) {
  const auto pc = reinterpret_cast<std::uint64_t>(address);
  std::vector<snapshot::Frame> frames{symbols_.frame(pc, pc - 1)};
  lines_.add_to(frames, snapshot::Deadline(std::chrono::seconds(10)));
  for (const snapshot::Frame& frame : frames) {
    std::string file = subject(frame.file);
    if (!file.empty() && frame.line) return {std::move(file), *frame.line, frame.function};
  }
  return {};
}

}  // namespace kvtool::explore

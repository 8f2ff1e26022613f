#include "core/snapshot/v8/perf_map.h"

#include <algorithm>
#include <charconv>
#include <utility>

namespace kvtool::snapshot::v8 {
namespace {

constexpr std::size_t kEntryLimit = 2'000'000;
// So many entries that begin before an address may end before it as well.
constexpr std::size_t kOverlapLimit = 64;
constexpr std::size_t kNameLimit = 1024;

std::optional<std::uint64_t> take_hexadecimal(std::string_view& line) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), value, 16);
  if (error != std::errc{}) return std::nullopt;
  line.remove_prefix(static_cast<std::size_t>(end - line.data()));
  if (!line.starts_with(' ')) return std::nullopt;
  line.remove_prefix(1);
  return value;
}

// Cuts `:number` from the end.
std::optional<int> take_number(std::string_view& text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  int value = 0;
  const std::string_view digits = text.substr(colon + 1);
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error != std::errc{} || end != digits.data() + digits.size() || value < 1) return std::nullopt;
  text = text.substr(0, colon);
  return value;
}

// V8's marks of its compilers, in front of the function's name.
std::string_view take_tier(std::string_view& text) {
  constexpr std::pair<char, const char*> kTiers[] = {
      {'~', "interpreted"}, {'^', "baseline"}, {'+', "maglev"}, {'*', "turbofan"}};
  for (const auto& [mark, tier] : kTiers) {
    if (!text.starts_with(mark)) continue;
    text.remove_prefix(1);
    // Code that was entered in the middle of a loop has a second mark.
    if (text.starts_with('\'')) text.remove_prefix(1);
    return tier;
  }
  return {};
}

}  // namespace

PerfMap::PerfMap(std::string text) : text_(std::move(text)) {
  const std::string_view all = text_;
  std::uint32_t number = 0;
  for (std::size_t at = 0; at < all.size() && entries_.size() < kEntryLimit; ++number) {
    const std::size_t end = std::min(all.find('\n', at), all.size());
    std::string_view line = all.substr(at, end - at);
    at = end + 1;
    const auto start = take_hexadecimal(line);
    const auto bytes = start ? take_hexadecimal(line) : std::nullopt;
    if (!bytes || line.empty() || *bytes > UINT64_MAX - *start) continue;
    entries_.push_back({.start = *start,
                        .end = *start + *bytes,
                        .name = static_cast<std::size_t>(line.data() - all.data()),
                        .name_bytes = static_cast<std::uint32_t>(std::min(line.size(), kNameLimit)),
                        .line = number});
  }
  std::ranges::stable_sort(entries_, {}, &Entry::start);
}

std::optional<std::string_view> PerfMap::find(std::uint64_t address) const {
  const auto after = std::ranges::upper_bound(entries_, address, {}, &Entry::start);
  const Entry* best = nullptr;
  const auto nearest = static_cast<std::size_t>(after - entries_.begin());
  for (std::size_t back = 1; back <= std::min(nearest, kOverlapLimit); ++back) {
    const Entry& entry = entries_[nearest - back];
    if (address < entry.end && (best == nullptr || entry.line > best->line)) best = &entry;
  }
  if (best == nullptr) return std::nullopt;
  return std::string_view(text_).substr(best->name, best->name_bytes);
}

void name_frame(std::string_view name, Frame& frame) {
  constexpr std::string_view kScript = "JS:";
  frame.function = name;
  if (!name.starts_with(kScript)) return;
  name.remove_prefix(kScript.size());
  frame.runtime = Runtime::js;
  frame.tier = take_tier(name);
  frame.column = take_number(name);
  frame.line = take_number(name);
  if (!frame.line) frame.line = std::exchange(frame.column, std::nullopt);
  // A name may have spaces (`get value`), and so may a file: this one has to begin like a path or an address.
  std::size_t space = std::string_view::npos;
  for (const std::string_view beginning : {" /", " node:", " file:"})
    space = std::min(space, name.find(beginning));
  frame.function = name.substr(0, space);
  if (frame.function.empty()) frame.function = "<anonymous>";
  if (space != std::string_view::npos) frame.file = name.substr(space + 1);
}

}  // namespace kvtool::snapshot::v8

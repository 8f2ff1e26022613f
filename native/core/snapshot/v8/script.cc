#include "core/snapshot/v8/script.h"

#include <utility>

#include "core/snapshot/v8/strings.h"

namespace kvtool::snapshot::v8 {
namespace {

constexpr std::uint32_t kNameLimit = 4096;
// Bundles of whole applications have some 10 million characters; counting lines takes 1 ms per million.
constexpr std::uint32_t kSourceLimit = 64u << 20;

bool ends_line(char16_t unit) {
  return unit == u'\n' || unit == u'\r' || unit == u'\u2028' || unit == u'\u2029';
}

}  // namespace

Scripts::Script& Scripts::find(Word script) {
  const auto [found, fresh] = scripts_.try_emplace(script);
  Script& result = found->second;
  if (!fresh) return result;
  const Layout& layout = heap_.layout();
  result.name = text_of(heap_, heap_.field(script, layout.script_name), kNameLimit).value_or("");
  result.line_offset = heap_.integer_field(script, heap_.constants().script_line_offset).value_or(0);
  result.column_offset = heap_.integer_field(script, heap_.constants().script_column_offset).value_or(0);
  const Word ends = heap_.field(script, layout.script_line_ends);
  if (heap_.is(ends, layout.fixed_array_type)) result.line_ends = ends;
  return result;
}

std::optional<SourceLine> Scripts::line_of(Word script, int position) {
  if (position < 0) return std::nullopt;
  Script& known = find(script);
  std::size_t lines = heap_.length(known.line_ends);
  if (lines == 0) {
    if (!known.own_line_ends)
      known.own_line_ends = count_lines(heap_.field(script, heap_.layout().script_source));
    lines = known.own_line_ends->size();
  }
  // The first line that ends at the position or behind it.
  std::size_t line = 0;
  for (std::size_t end = lines; line < end;) {
    const std::size_t middle = line + (end - line) / 2;
    const auto at = line_end(known, middle);
    if (!at) return std::nullopt;
    if (*at < position) {
      line = middle + 1;
    } else {
      end = middle;
    }
  }
  if (line >= lines) return std::nullopt;
  std::int32_t begin = 0;
  if (line > 0) {
    const auto before = line_end(known, line - 1);
    if (!before || *before >= position) return std::nullopt;
    begin = *before + 1;
  }
  // Text compiled with an offset (vm.Script) has the column's in its first line only.
  const std::int64_t number = static_cast<std::int64_t>(line) + 1 + known.line_offset;
  const std::int64_t column = std::int64_t{position} - begin + 1 + (line == 0 ? known.column_offset : 0);
  if (number < 1 || number > INT32_MAX || column < 1 || column > INT32_MAX) return std::nullopt;
  return SourceLine{.line = static_cast<int>(number), .column = static_cast<int>(column)};
}

std::optional<std::int32_t> Scripts::line_end(const Script& script, std::size_t line) const {
  if (script.own_line_ends) return (*script.own_line_ends)[line];
  return Heap::integer(heap_.element(script.line_ends, line));
}

std::vector<std::int32_t> Scripts::count_lines(Word source) const {
  const auto length = string_length(heap_, source);
  if (!length || *length > kSourceLimit) return {};
  std::vector<std::int32_t> ends;
  std::int32_t position = 0;
  bool after_return = false;
  const bool all = visit_string(heap_, source, 0, *length, [&](const Characters& characters) {
    for (std::size_t i = 0; i < characters.size(); ++i, ++position) {
      const char16_t unit = characters[i];
      // \r\n is one end, at its second character.
      if (after_return && unit == u'\n') ends.pop_back();
      after_return = unit == u'\r';
      if (ends_line(unit)) ends.push_back(position);
    }
  });
  if (!all) return {};
  ends.push_back(position);
  return ends;
}

}  // namespace kvtool::snapshot::v8

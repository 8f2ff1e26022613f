#include "explore/trace_table.h"

#include <algorithm>
#include <cstddef>
#include <string_view>
#include <vector>

namespace kvtool::explore {
namespace {

// A long trace is cut in the middle: its beginning and its end say most.
constexpr std::size_t kMostRows = 400;
// With more agents than that, a column says who, as the table would be too wide.
constexpr std::size_t kMostColumns = 6;

using Row = std::vector<std::string>;

std::string at(const World::Callers& callers, const std::map<const void*, SourceLine>& lines) {
  for (const void* address : callers) {
    const auto found = lines.find(address);
    if (found == lines.end()) continue;
    const std::string& file = found->second.file;
    return file.substr(file.rfind('/') + 1) + ':' + std::to_string(found->second.line);
  }
  return {};
}

std::string locks_text(const LockHolders& locks) {
  std::string text;
  for (const auto& [lock, holders] : locks) {
    text += (text.empty() ? "" : ", ") + lock + ':';
    for (const std::string& holder : holders) text += ' ' + holder;
  }
  return text;
}

// "T0 holds x=1 back": what others do not see yet.
std::string buffers_text(const TraceStep& step) {
  std::string text;
  for (const auto& [actor, stores] : step.buffers) {
    text += (text.empty() ? "" : ", ") + actor + " buffers";
    for (const auto& [object, value] : stores) text += ' ' + object + '=' + std::to_string(value);
  }
  return text;
}

std::string operation_text(const Operation& operation, const std::string& object) {
  std::string text(to_string(operation.kind));
  for (char& letter : text)
    if (letter == '_') letter = '-';
  return object.empty() ? text : text + ' ' + object;
}

bool shows_value(Kind kind) {
  return kind == Kind::load || kind == Kind::store || kind == Kind::modify || kind == Kind::flush ||
         kind == Kind::refresh || kind == Kind::bind;
}

class Table {
 public:
  explicit Table(const Trace& trace) {
    for (const TraceStep& step : trace.steps) know(step.agent_name);
    for (const Standing& actor : trace.standing) know(actor.actor);
    // Actors in their order, whoever went first.
    std::stable_sort(agents_.begin(), agents_.end(), [&](const std::string& a, const std::string& b) {
      return place_of(trace, a) < place_of(trace, b);
    });
    columns_ = agents_.size() <= kMostColumns;
    Row head{"step"};
    if (columns_)
      head.insert(head.end(), agents_.begin(), agents_.end());
    else
      head.insert(head.end(), {"who", "what"});
    head.insert(head.end(), {"at", "locks after it"});
    rows_.push_back(std::move(head));
  }

  void add(std::string step, const std::string& agent, std::string what, std::string place,
           std::string rest) {
    Row row{std::move(step)};
    if (columns_) {
      for (const std::string& each : agents_) row.push_back(each == agent ? what : std::string());
    } else {
      row.insert(row.end(), {agent, std::move(what)});
    }
    row.insert(row.end(), {std::move(place), std::move(rest)});
    rows_.push_back(std::move(row));
  }

  std::string text() const {
    std::vector<std::size_t> width(rows_.front().size());
    for (const Row& row : rows_)
      for (std::size_t i = 0; i < row.size(); ++i) width[i] = std::max(width[i], row[i].size());
    std::string text;
    for (std::size_t i = 0; i < rows_.size(); ++i) {
      if (i == kMostRows / 2 && rows_.size() > kMostRows) {
        text += "  ... " + std::to_string(rows_.size() - kMostRows) + " rows left out\n";
        i = rows_.size() - kMostRows / 2;
      }
      std::string line;
      for (std::size_t column = 0; column < width.size(); ++column)
        line += "  " + rows_[i][column] + std::string(width[column] - rows_[i][column].size(), ' ');
      text += line.substr(0, line.find_last_not_of(' ') + 1) + '\n';
    }
    return text;
  }

 private:
  void know(const std::string& agent) {
    if (std::find(agents_.begin(), agents_.end(), agent) == agents_.end()) agents_.push_back(agent);
  }
  static std::ptrdiff_t place_of(const Trace& trace, const std::string& agent) {
    return std::find(trace.actors.begin(), trace.actors.end(), agent) - trace.actors.begin();
  }

  std::vector<std::string> agents_;
  std::vector<Row> rows_;
  bool columns_ = true;
};

}  // namespace

std::string trace_table(const Trace& trace, const std::map<const void*, SourceLine>& lines) {
  Table table(trace);
  for (std::size_t i = 0; i < trace.steps.size(); ++i) {
    const TraceStep& step = trace.steps[i];
    std::string what = operation_text(step.operation, step.object);
    if (shows_value(step.operation.kind)) what += " = " + std::to_string(step.value);
    std::string rest = locks_text(step.locks);
    if (const std::string buffers = buffers_text(step); !buffers.empty())
      rest += (rest.empty() ? "" : "; ") + buffers;
    table.add(std::to_string(i + 1), step.agent_name, std::move(what), at(step.callers, lines),
              std::move(rest));
  }
  for (const Standing& actor : trace.standing) {
    if (actor.failed)
      table.add("end", actor.actor, "fails", at(trace.failed_at, lines), "");
    else if (!actor.ended)
      table.add("end", actor.actor, "wants " + operation_text(actor.operation, actor.object),
                at(actor.callers, lines), "");
  }
  return table.text();
}

std::string standing_text(const Trace& trace) {
  if (trace.outcome != Outcome::deadlock && trace.outcome != Outcome::livelock) return {};
  const auto list = [](const std::vector<std::string>& words) {
    std::string text;
    for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
    return text;
  };
  std::string text;
  for (const Standing& actor : trace.standing) {
    if (actor.ended || actor.daemon) continue;
    text += "  " + actor.actor;
    if (!actor.holds.empty()) text += " holds " + list(actor.holds) + " and";
    text += " waits for " + actor.waits_for;
    if (!actor.held_by.empty()) text += ", which " + list(actor.held_by) + " holds";
    text += '\n';
  }
  return text;
}

}  // namespace kvtool::explore

#include "kv-transfer/cells.h"

#include <algorithm>

namespace kvtool::cells {
namespace {

std::map<std::string, Cell>& registered() {
  static std::map<std::string, Cell> cells;
  return cells;
}

}  // namespace

void Ordering::add(const races::AccessLog& log) {
  const races::Summary more = log.summary();
  counts.accesses += more.accesses;
  counts.ordered += more.ordered;
  counts.in_one_stream += more.in_one_stream;
  counts.racing += more.racing;
  counts.forgotten += more.forgotten;
  counts.unknown += more.unknown;
  const auto is_same = [](const races::Race::Side& a, const races::Race::Side& b) {
    return a.access == b.access && a.site == b.site;
  };
  for (const races::Race& race : log.races()) {
    const auto known = std::find_if(races.begin(), races.end(), [&](const races::Race& other) {
      return is_same(race.first, other.first) && is_same(race.second, other.second);
    });
    if (known == races.end())
      races.push_back(race);
    else
      known->times += race.times;
  }
}

void Finding::blame(const std::string& invariant, const std::string& fault) {
  if (fault.empty()) return;
  outcome = Outcome::violation;
  if (message.empty()) message = invariant + ": " + fault;
}

void Finding::take_order(const std::string& invariant, const races::AccessLog& log) {
  if (!ordering) ordering.emplace();
  ordering->add(log);
  const auto races = log.races();
  if (!races.empty()) blame(invariant, races[0].brief());
}

const std::map<std::string, Cell>& catalog() { return registered(); }

Registration::Registration(Cell cell) {
  const std::string id = cell.id;
  registered().emplace(id, std::move(cell));
}

}  // namespace kvtool::cells

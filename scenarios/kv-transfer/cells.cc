#include "kv-transfer/cells.h"

namespace kvtool::cells {
namespace {

std::map<std::string, Cell>& registered() {
  static std::map<std::string, Cell> cells;
  return cells;
}

}  // namespace

const std::map<std::string, Cell>& catalog() { return registered(); }

Registration::Registration(Cell cell) {
  const std::string id = cell.id;
  registered().emplace(id, std::move(cell));
}

}  // namespace kvtool::cells

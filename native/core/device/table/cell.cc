#include "core/device/table/cell.h"

#include <stdexcept>
#include <utility>

namespace kvtool::table {
namespace {

const TableCall& need(const std::vector<TableCall>& calls, std::string_view name, const char* which) {
  if (const TableCall* found = find_call(calls, name)) return *found;
  throw std::invalid_argument(
      std::string("there is no ").append(which).append(" call \"").append(name).append("\""));
}

}  // namespace

Cell::Cell(Device& device, const Names& names, BenchOptions options, std::chrono::milliseconds blocks_after)
    : device_(device),
      blocks_after_(blocks_after),
      first_call_(need(first_calls(), names.first, "first")),
      second_call_(need(second_calls(), names.second, "second")),
      bench_(device, names.blocker, std::move(options)) {}

void Cell::run() {
  first_attempt_ = attempt(first_call_, first_failure_);
  first_ = look_at(*first_attempt_, first_failure_);
  second_attempt_ = attempt(second_call_, second_failure_);
  second_ = look_at(*second_attempt_, second_failure_);
}

// The failure's text belongs to the thread that made the call, so that thread keeps it.
std::unique_ptr<Attempt> Cell::attempt(const TableCall& call, std::string& failure) {
  return std::make_unique<Attempt>([this, &call, &failure] {
    const Status status = call.call(bench_);
    if (status != Status::ok) failure = device_.describe(status);
    return status;
  });
}

CallResult Cell::look_at(Attempt& attempt, const std::string& failure) const {
  // A device that tells answers at once; this only ends a wait that a bug would make endless.
  constexpr std::chrono::seconds kTells{60};
  const bool tells = static_cast<bool>(bench_.options.settle);
  const Attempt::Answer answer = attempt.ask(tells ? kTells : blocks_after_);
  if (tells && answer == Attempt::Answer::unknown)
    throw std::runtime_error("a simulated call neither returned nor said what it waits for");
  const bool blocks = answer != Attempt::Answer::returned;
  return {.blocks = blocks, .failure = blocks ? "" : failure, .waits_for = blocks ? attempt.waits_for() : ""};
}

bool Cell::release(std::chrono::milliseconds limit) {
  bench_.gate.open();
  const auto deadline = std::chrono::steady_clock::now() + limit;
  const auto rest = [&] {
    return std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
  };
  if (first_attempt_ != nullptr && !first_attempt_->returned(rest())) return false;
  if (second_attempt_ != nullptr && !second_attempt_->returned(rest())) return false;
  first_.failure = first_failure_;
  second_.failure = second_failure_;
  return true;
}

}  // namespace kvtool::table

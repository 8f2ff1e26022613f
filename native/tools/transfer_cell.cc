// kvtool-transfer-cell: runs one variant of a scenario of KV transfers on a device. One JSON line a variant
// on standard output. README.md says more.
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <iostream>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>

#include "core/device/cuda/gpu_device.h"
#include "core/device/device_unavailable.h"
#include "core/device/sim/sim_device.h"
#include "kv-transfer/cells.h"

namespace {

using nlohmann::ordered_json;
using namespace kvtool;

constexpr int kOk = 0, kBug = 1, kUsage = 2, kUnexpected = 4, kUnavailable = 69;
// Of a variant, which takes a second or two; a driver can hang in any call.
constexpr std::chrono::seconds kDeadline{60};

constexpr std::string_view kUsageText =
    "usage: kvtool-transfer-cell --list\n"
    "       kvtool-transfer-cell [--device sim|cuda] [SCENARIO [VARIANT]]   all of them without names\n";

// Ends the process when what it was told of last takes too long. Lives as long as the process.
class Watch {
 public:
  void begin(std::string what) {
    const std::lock_guard guard(lock_);
    what_ = std::move(what);
    end_ = std::chrono::steady_clock::now() + kDeadline;
  }

  // On a thread of its own.
  [[noreturn]] void run() {
    for (;;) {
      std::unique_lock lock(lock_);
      const auto end = end_;
      if (std::chrono::steady_clock::now() >= end) {
        std::fprintf(stderr, "kvtool-transfer-cell: %s did not come to an end within %d s\n", what_.c_str(),
                     static_cast<int>(kDeadline.count()));
        _exit(kUnavailable);
      }
      lock.unlock();
      std::this_thread::sleep_until(end);
    }
  }

 private:
  std::mutex lock_;  // guards the members below
  std::string what_ = "the device's start";
  std::chrono::steady_clock::time_point end_ = std::chrono::steady_clock::now() + kDeadline;
};

struct UsageError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

struct Arguments {
  std::string device = "sim", scenario, variant;
  bool list = false;
};

Arguments parse(int argc, char** argv) {
  Arguments arguments;
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    if (word == "--list")
      arguments.list = true;
    else if (word == "--device" && i + 1 < argc)
      arguments.device = argv[++i];
    else if (word.starts_with("-") || !arguments.variant.empty())
      throw UsageError("unexpected argument " + word);
    else
      (arguments.scenario.empty() ? arguments.scenario : arguments.variant) = word;
  }
  return arguments;
}

// `file:line` of a race's side, where it is known.
ordered_json side(const races::Race::Side& side) {
  ordered_json document{{"access", side.access == races::Access::write ? "write" : "read"},
                        {"actor", side.who},
                        {"what", side.site.what}};
  if (!side.submitter.empty()) document["enqueuedBy"] = side.submitter;
  if (side.site.where.is_known()) document["at"] = side.site.place();
  return document;
}

ordered_json all_races(const std::vector<races::Race>& found) {
  ordered_json document = ordered_json::array();
  for (const races::Race& race : found)
    document.push_back({{"memory", race.memory},
                        {"first", side(race.first)},
                        {"second", side(race.second)},
                        {"missing", race.missing},
                        {"pairs", race.times}});
  return document;
}

const char* text(cells::Outcome outcome) { return outcome == cells::Outcome::ok ? "ok" : "violation"; }

void list() {
  for (const auto& [id, cell] : cells::catalog()) {
    ordered_json document{
        {"id", id}, {"family", cell.family}, {"title", cell.title}, {"source", cell.source}};
    for (const cells::Variant& variant : cell.variants)
      document["variants"].push_back(
          {{"name", variant.name}, {"what", variant.what}, {"expect", text(variant.expect)}});
    std::cout << document.dump() << std::endl;
  }
}

std::unique_ptr<Device> open_device(const std::string& name) {
  if (name == "sim") return std::make_unique<SimDevice>();
  if (name == "cuda") return std::make_unique<CudaDevice>();
  throw UsageError("--device expects sim or cuda, found " + name);
}

// True when the variant shows what it is to show.
bool run(const cells::Cell& cell, const cells::Variant& variant, Device& device, Watch& watch) {
  watch.begin(cell.id + " " + variant.name);
  const cells::Finding finding = variant.run(device);
  const bool expected = cells::is_expected(variant, finding);
  ordered_json document{{"scenario", cell.id},
                        {"family", cell.family},
                        {"variant", variant.name},
                        {"device", device.description()},
                        {"outcome", text(finding.outcome)},
                        {"expected", expected},
                        {"message", finding.message},
                        {"facts", ordered_json::object()}};
  for (const auto& [name, value] : finding.facts) document["facts"][name] = value;
  if (finding.ordering) {
    const races::Summary& counts = finding.ordering->counts;
    document["pairs"] = {{"ordered", counts.ordered},     {"inOneStream", counts.in_one_stream},
                         {"unordered", counts.racing},    {"accesses", counts.accesses},
                         {"forgotten", counts.forgotten}, {"unknownTransfers", counts.unknown}};
    document["races"] = all_races(finding.ordering->races);
  }
  std::cout << document.dump() << std::endl;
  return expected;
}

int run_all(const Arguments& arguments, Watch& watch) {
  const auto& catalog = cells::catalog();
  if (!arguments.scenario.empty() && !catalog.contains(arguments.scenario))
    throw UsageError("there is no scenario " + arguments.scenario);
  const std::unique_ptr<Device> device = open_device(arguments.device);
  bool expected = true, found = false;
  for (const auto& [id, cell] : catalog)
    for (const cells::Variant& variant : cell.variants) {
      if (!arguments.scenario.empty() && id != arguments.scenario) continue;
      if (!arguments.variant.empty() && variant.name != arguments.variant) continue;
      found = true;
      expected = run(cell, variant, *device, watch) && expected;
    }
  if (!found) throw UsageError(arguments.scenario + " has no variant " + arguments.variant);
  return expected ? kOk : kUnexpected;
}

int say(int code, std::string_view message) {
  std::cerr << "kvtool-transfer-cell: " << message << std::endl;
  return code;
}

int guarded(int argc, char** argv, Watch& watch) {
  try {
    const Arguments arguments = parse(argc, argv);
    if (!arguments.list) return run_all(arguments, watch);
    list();
    return kOk;
  } catch (const UsageError& error) {
    return say(kUsage, std::string(error.what()).append("\n").append(kUsageText));
  } catch (const DeviceUnavailable& error) {
    return say(kUnavailable, std::string(error.what()).append("\nadvice: ").append(error.advice()));
  } catch (const std::runtime_error& error) {
    return say(kUnavailable, error.what());
  } catch (const std::exception& error) {
    return say(kBug, error.what());
  }
}

}  // namespace

int main(int argc, char** argv) {
  static Watch watch;  // the thread goes on until _exit
  std::thread([] { watch.run(); }).detach();
  // Never by a return: a device that failed may not let itself be taken down.
  const int code = guarded(argc, argv, watch);
  std::cout.flush();
  _exit(code);
}

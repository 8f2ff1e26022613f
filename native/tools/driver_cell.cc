// kvtool-driver-cell: measures one cell of the driver table and ends. Started by `kvtool driver-table`, once
// for each cell: what a stuck driver leaves behind goes with the process. README.md says what it prints.
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <map>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include "core/device/cuda/gpu_device.h"
#include "core/device/device_unavailable.h"
#include "core/device/sim/sim_device.h"
#include "core/device/table/cell.h"

namespace {

using kvtool::table::Cell;
using nlohmann::ordered_json;
using std::chrono::milliseconds;

constexpr int kOk = 0, kBug = 1, kUsage = 2, kUnavailable = 69;
// How long the calls may take to return once the blocker is gone. Their answers stand by then.
constexpr milliseconds kReturns{2000};

constexpr std::string_view kUsageText =
    "usage: kvtool-driver-cell --list\n"
    "       kvtool-driver-cell --probe --device sim|cuda|hip\n"
    "       kvtool-driver-cell --device sim|cuda|hip --blocker NAME --first NAME --second NAME\n"
    "         --model NAME        sim: the driver model (580-cuda13)\n"
    "         --blocks-after MS   cuda, hip: a call that takes longer blocks (400)\n"
    "         --deadline MS       for everything; then it says which call did not return (60000)\n";

struct UsageError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// Ends the process when the deadline passes, naming the step that did not end: a driver can hang in any call,
// also in one that this program makes only to prepare, and then no other thread of it can be relied on.
class Deadline {
 public:
  explicit Deadline(milliseconds limit) {
    std::thread([this, limit] {
      std::this_thread::sleep_for(limit);
      const std::lock_guard guard(lock_);
      std::fprintf(stderr, "kvtool-driver-cell: %s did not return within %lld ms\n", step_.c_str(),
                   static_cast<long long>(limit.count()));
      _exit(kUnavailable);
    }).detach();
  }
  void step(std::string_view name) {
    const std::lock_guard guard(lock_);
    step_.assign(name);
  }

 private:
  std::mutex lock_;  // guards step_
  std::string step_ = "the start";
};

using Arguments = std::map<std::string, std::string, std::less<>>;

Arguments parse(int argc, char** argv) {
  Arguments arguments;
  for (int i = 1; i < argc; ++i) {
    const std::string name = argv[i];
    if (name == "--list" || name == "--probe")
      arguments[name] = "yes";
    else if (name.starts_with("--") && i + 1 < argc)
      arguments[name] = argv[++i];
    else
      throw UsageError("unexpected argument " + name);
  }
  return arguments;
}

std::string value(const Arguments& arguments, std::string_view name, std::string_view otherwise = {}) {
  const auto found = arguments.find(name);
  if (found != arguments.end()) return found->second;
  if (otherwise.empty()) throw UsageError("missing " + std::string(name));
  return std::string(otherwise);
}

milliseconds time_of(const Arguments& arguments, std::string_view name, std::string_view otherwise) {
  const std::string text = value(arguments, name, otherwise);
  char* end = nullptr;
  const long given = std::strtol(text.c_str(), &end, 10);
  if (*end != '\0' || text.empty() || given <= 0)
    throw UsageError(std::string(name) + " expects milliseconds, found " + text);
  return milliseconds(given);
}

struct Subject {
  std::unique_ptr<kvtool::Device> device;
  kvtool::table::BenchOptions bench;
};

Subject open_sim(const Arguments& arguments) {
  kvtool::SimOptions options;
  const std::string name = value(arguments, "--model", "580-cuda13");
  const auto model = kvtool::find_driver_model(name);
  if (!model) throw UsageError("there is no driver model " + name);
  options.model = *model;
  options.on_wait = &kvtool::table::Attempt::report;
  options.on_contended = &kvtool::table::Attempt::report;
  auto device = std::make_unique<kvtool::SimDevice>(std::move(options));
  constexpr std::size_t kSmall = 64 << 10;
  // The blocker alone, at most, is left in user code.
  kvtool::table::BenchOptions bench{.buffer_bytes = kSmall,
                                    .settle = [sim = device.get()] { sim->settle(1); }};
  return {std::move(device), std::move(bench)};
}

Subject open_device(const Arguments& arguments, Deadline& deadline) {
  const std::string name = value(arguments, "--device");
  if (name == "sim") return open_sim(arguments);
  kvtool::GpuOptions options;
  options.on_step = [&deadline](std::string_view call) { deadline.step(call); };
  if (name == "cuda") return {std::make_unique<kvtool::CudaDevice>(std::move(options)), {}};
  if (name == "hip") return {std::make_unique<kvtool::HipDevice>(std::move(options)), {}};
  throw UsageError("there is no device " + name);
}

int list() {
  ordered_json document{{"pairs", ordered_json::array()}, {"seconds", ordered_json::array()}};
  for (const auto& pair : kvtool::table::table_pairs())
    document["pairs"].push_back({{"blocker", pair.blocker}, {"first", pair.first}});
  for (const auto& call : kvtool::table::second_calls())
    document["seconds"].push_back({{"name", call.name}, {"extra", call.extra}});
  std::cout << document.dump() << std::endl;
  return kOk;
}

ordered_json describe(const kvtool::table::CallResult& result) {
  ordered_json document{{"blocks", result.blocks}};
  if (!result.failure.empty()) document["failure"] = result.failure;
  if (!result.waits_for.empty()) document["waitsFor"] = result.waits_for;
  return document;
}

int measure(const Arguments& arguments, Subject subject, Deadline& deadline) {
  const std::string blocker = value(arguments, "--blocker"), first = value(arguments, "--first"),
                    second = value(arguments, "--second");
  deadline.step("preparing the cell");
  // Not owned: when a call never returns, it can only end with the process.
  Cell& cell = *std::make_unique<Cell>(*subject.device, Cell::Names{blocker, first, second},
                                       std::move(subject.bench), time_of(arguments, "--blocks-after", "400"))
                    .release();
  deadline.step("measuring the cell");
  cell.run();
  const bool released = cell.release(kReturns);
  std::cout << ordered_json{{"device", subject.device->description()},
                            {"first", describe(cell.first())},
                            {"second", describe(cell.second())},
                            {"released", released}}
                   .dump()
            << std::endl;
  return kOk;
}

int run(int argc, char** argv) {
  const Arguments arguments = parse(argc, argv);
  if (arguments.contains("--list")) return list();
  Deadline& deadline = *std::make_unique<Deadline>(time_of(arguments, "--deadline", "60000")).release();
  Subject subject = open_device(arguments, deadline);
  if (!arguments.contains("--probe")) return measure(arguments, std::move(subject), deadline);
  std::cout << ordered_json{{"device", subject.device->description()}}.dump() << std::endl;
  return kOk;
}

int say(int code, const std::string& text) {
  std::cerr << "kvtool-driver-cell: " << text << std::endl;
  return code;
}

int guarded(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const UsageError& error) {
    return say(kUsage, std::string(error.what()).append("\n").append(kUsageText));
  } catch (const std::invalid_argument& error) {
    return say(kUsage, error.what());
  } catch (const kvtool::DeviceUnavailable& error) {
    return say(kUnavailable, std::string(error.what()).append("\nadvice: ").append(error.advice()));
  } catch (const std::runtime_error& error) {
    return say(kUnavailable, error.what());
  } catch (const std::exception& error) {
    return say(kBug, error.what());
  }
}

}  // namespace

// Never by a return: threads may stand in the driver, and taking the device down would wait for them.
int main(int argc, char** argv) { _exit(guarded(argc, argv)); }

// kvtool-stamp-bench: what an event on a stream costs, by how it is recorded, and how well the GPU's clock is
// told in the host's. One JSON document on stdout.
#include <cstdlib>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "core/device/cuda/gpu_device.h"
#include "core/device/device_unavailable.h"
#include "core/device/sim/sim_device.h"
#include "tools/stamp_bench/clock_quality.h"
#include "tools/stamp_bench/graph_events.h"
#include "tools/stamp_bench/stream_cost.h"

namespace {

using kvtool::stamp_bench::measure_bus;
using kvtool::stamp_bench::measure_clock;
using kvtool::stamp_bench::measure_graph_events;
using kvtool::stamp_bench::StreamCost;
using nlohmann::ordered_json;

constexpr int kOk = 0, kBug = 1, kUsage = 2, kUnavailable = 69;
constexpr const char* kUsageText =
    "usage: kvtool-stamp-bench [--device cuda|sim] [--rounds N]\n"
    "  --device sim   the clocks and the bus only: a simulated stream takes no time that means anything\n"
    "  --rounds N     how often each way is measured, 1 to 1000; default 15";

struct Arguments {
  bool sim = false;
  unsigned rounds = 15;
};

class UsageError : public std::runtime_error {
  using std::runtime_error::runtime_error;
};

unsigned parse_rounds(const std::string& text) {
  char* end = nullptr;
  const unsigned long rounds = std::strtoul(text.c_str(), &end, 10);
  if (text.empty() || *end != '\0' || rounds < 1 || rounds > 1000)
    throw UsageError(
        std::string("--rounds: found \"").append(text).append("\", expected a number from 1 to 1000"));
  return static_cast<unsigned>(rounds);
}

Arguments parse(int argc, char** argv) {
  Arguments arguments;
  for (int i = 1; i < argc; ++i) {
    const std::string name = argv[i];
    if (i + 1 == argc) throw UsageError(name + ": there is no such flag, or its value is missing");
    const std::string value = argv[++i];
    if (name == "--rounds")
      arguments.rounds = parse_rounds(value);
    else if (name == "--device" && (value == "cuda" || value == "sim"))
      arguments.sim = value == "sim";
    else
      throw UsageError(std::string("found ").append(name).append(" ").append(value));
  }
  return arguments;
}

std::unique_ptr<kvtool::Device> open_device(bool sim) {
  if (sim) return std::make_unique<kvtool::SimDevice>();
  return std::make_unique<kvtool::CudaDevice>();
}

// What fails does not take the other parts with it: its text stands in their place.
template <class Measure>
bool add(ordered_json& document, const char* part, Measure measure) {
  try {
    document[part] = measure();
    return true;
  } catch (const std::runtime_error& error) {
    document[part] = {{"failed", error.what()}};
    return false;
  }
}

int run(int argc, char** argv) {
  const Arguments arguments = parse(argc, argv);
  ordered_json document{{"schemaVersion", 1}, {"bench", "stamp"}};
  const auto device = open_device(arguments.sim);
  document["device"] = device->description();
  bool complete = true;
  if (!arguments.sim)
    complete &= add(document, "streamTime", [&] { return StreamCost("").measure(arguments.rounds); });
  complete &= add(document, "clock", [&] {
    return measure_clock(*device, std::chrono::seconds(6), std::chrono::milliseconds(250));
  });
  if (auto* const gpu = dynamic_cast<kvtool::CudaDevice*>(device.get()))
    complete &= add(document, "graph", [&] { return measure_graph_events(*gpu, 4, 2000); });
  complete &= add(document, "bus", [&] { return measure_bus(*device, 5000); });
  std::cout << document.dump(2) << std::endl;
  return complete ? kOk : kUnavailable;
}

int say(int code, const std::string& text) {
  std::cerr << "kvtool-stamp-bench: " << text << std::endl;
  return code;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const UsageError& error) {
    return say(kUsage, std::string(error.what()).append("\n").append(kUsageText));
  } catch (const kvtool::DeviceUnavailable& error) {
    return say(kUnavailable, std::string(error.what()).append("\nadvice: ").append(error.advice()));
  } catch (const std::runtime_error& error) {
    return say(kUnavailable, error.what());
  } catch (const std::exception& error) {
    return say(kBug, error.what());
  }
}

// kvtool-transfer-bench: compares the KV transfers of a GPU with what must come out, and measures them beside
// the GPU's own copies. One JSON document on standard output. README.md says more.
#include <cstdlib>
#include <iostream>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

#include "core/device/cuda/gpu_device.h"
#include "core/device/device_unavailable.h"
#include "core/device/sim/sim_device.h"
#include "tools/transfer_bench/measure.h"
#include "tools/transfer_bench/self_test.h"

namespace {

using nlohmann::ordered_json;

constexpr int kOk = 0, kBug = 1, kUsage = 2, kCorruption = 4, kUnavailable = 69;

constexpr std::string_view kUsageText =
    "usage: kvtool-transfer-bench [--device cuda] [--rounds N]   measure\n"
    "       kvtool-transfer-bench --self-test [--device sim|cuda]\n";

struct UsageError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

struct Arguments {
  std::string device = "cuda";
  bool self_test = false;
  kvtool::bench::MeasureOptions measure;
};

Arguments parse(int argc, char** argv) {
  Arguments arguments;
  for (int i = 1; i < argc; ++i) {
    const std::string_view name = argv[i];
    if (name == "--self-test") {
      arguments.self_test = true;
    } else if (name == "--device" && i + 1 < argc) {
      arguments.device = argv[++i];
    } else if (name == "--rounds" && i + 1 < argc) {
      const int rounds = std::atoi(argv[++i]);
      if (rounds < 1 || rounds > 10'000)
        throw UsageError("--rounds expects 1 to 10000, found " + std::string(argv[i]));
      arguments.measure.rounds = static_cast<unsigned>(rounds);
    } else {
      throw UsageError("unexpected argument " + std::string(name));
    }
  }
  return arguments;
}

int print(const ordered_json& document) {
  std::cout << document.dump(1) << std::endl;
  return kOk;
}

int run_self_test(kvtool::Device& device) {
  ordered_json result = kvtool::bench::self_test(device);
  const bool failed = result["failed"] != 0;
  print({{"device", device.description()}, {"self_test", std::move(result)}});
  return failed ? kCorruption : kOk;
}

int run(int argc, char** argv) {
  const Arguments arguments = parse(argc, argv);
  if (arguments.device == "sim") {
    if (!arguments.self_test) throw UsageError("--device sim has no speed to measure: use --self-test");
    kvtool::SimDevice device;
    return run_self_test(device);
  }
  if (arguments.device != "cuda") throw UsageError("--device expects sim or cuda, found " + arguments.device);
  kvtool::CudaDevice device;
  if (arguments.self_test) return run_self_test(device);
  return print(
      {{"device", device.description()}, {"figures", kvtool::bench::measure(device, arguments.measure)}});
}

int say(int code, std::string_view text) {
  std::cerr << "kvtool-transfer-bench: " << text << std::endl;
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

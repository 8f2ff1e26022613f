// What a device says when the driver is missing, too old, empty, full or broken.
#include <gtest/gtest.h>

#include <cstdlib>
#include <string>
#include <thread>

#include "core/device/device_unavailable.h"
#include "stub_driver.h"

namespace kvtool {
namespace {

using cuda::Vendor;
using cuda::test::StubDriver;

constexpr int kOutOfMemory = 2, kLaunchFailed = 719;

class GpuErrors : public testing::Test {
 protected:
  std::string why_not(GpuOptions options) {
    try {
      CudaDevice device(std::move(options));
    } catch (const DeviceUnavailable& error) {
      EXPECT_FALSE(error.advice().empty());
      return error.what();
    }
    ADD_FAILURE() << "there is a device";
    return {};
  }
  std::string why_not() { return why_not(stub.options()); }

  StubDriver stub{Vendor::cuda};
};

#define EXPECT_TELLS(text, part) EXPECT_NE(std::string(text).find(part), std::string::npos) << (text)

TEST_F(GpuErrors, NoLibrary) {
  EXPECT_TELLS(why_not({.library = "libno-such-driver.so"}), "libno-such-driver.so");
}

TEST_F(GpuErrors, ALibraryThatIsNoDriverOrTooOldLacksAFunction) {
  EXPECT_TELLS(why_not({.library = "libm.so.6"}), "libm.so.6 has no cuInit");
}

TEST_F(GpuErrors, TheLibraryIsWhatTheEnvironmentNames) {
  setenv("KVTOOL_CUDA_LIBRARY", stub.file().c_str(), 1);
  GpuOptions options = stub.options();
  options.library.clear();
  EXPECT_TELLS(CudaDevice(std::move(options)).description(), "Stub GPU");
  unsetenv("KVTOOL_CUDA_LIBRARY");
}

TEST_F(GpuErrors, TooOld) {
  stub.set("version", 11040);
  EXPECT_TELLS(why_not(), "found CUDA 11.4");
  EXPECT_TELLS(why_not(), "expected CUDA 12.0");
}

TEST_F(GpuErrors, NoDevice) {
  stub.set("devices", 0);
  EXPECT_TELLS(why_not(), "cuInit: CUDA_ERROR_NO_DEVICE");
}

TEST_F(GpuErrors, NoSuchDevice) {
  GpuOptions options = stub.options();
  options.ordinal = 3;
  EXPECT_TELLS(why_not(std::move(options)), "found 1 device");
}

TEST_F(GpuErrors, NoKernelsInThisBuild) {
  GpuOptions options = stub.options();
  options.images = cuda::KernelImages{};
  EXPECT_TELLS(why_not(std::move(options)), "no nvcc");
}

// Each call that the constructor makes may fail; none may be passed over, and nothing may be left behind.
TEST_F(GpuErrors, AFailureOfAnyCallOfTheBeginningIsNamed) {
  for (const char* call : {"cuInit", "cuDriverGetVersion", "cuDeviceGetCount", "cuDeviceGet",
                           "cuDeviceGetName", "cuDevicePrimaryCtxRetain", "cuCtxSetCurrent",
                           "cuLibraryLoadData", "cuLibraryGetKernel", "cuMemAlloc_v2", "cuMemHostAlloc",
                           "cuStreamCreate", "cuLaunchKernel", "cuStreamSynchronize", "cuStreamDestroy_v2"}) {
    stub.fail(call, kOutOfMemory);
    EXPECT_TELLS(why_not(), std::string(call) + ": CUDA_ERROR_OUT_OF_MEMORY (2, out of memory)");
  }
}

TEST_F(GpuErrors, AFailedCallIsDescribedByNameAndPurpose) {
  CudaDevice device(stub.options());
  void* memory = nullptr;
  stub.fail("cuMemAlloc_v2", kOutOfMemory);
  EXPECT_EQ(device.allocate(64, MemoryKind::device, &memory), Status::out_of_memory);
  EXPECT_EQ(device.describe(Status::out_of_memory),
            "cuMemAlloc_v2: CUDA_ERROR_OUT_OF_MEMORY (2, out of memory), to allocate device memory");
  EXPECT_EQ(device.describe(Status::invalid_handle), "invalid handle")
      << "which no call of this thread returned";
  std::thread([&] { EXPECT_EQ(device.describe(Status::out_of_memory), "out of memory"); }).join();
}

TEST_F(GpuErrors, NotReadyIsAnAnswer) {
  CudaDevice device(stub.options());
  StreamId stream{};
  ASSERT_EQ(device.create_stream(&stream), Status::ok);
  stub.fail("cuStreamQuery", static_cast<int>(Status::not_ready));
  EXPECT_EQ(device.query_stream(stream), Status::not_ready);
  EXPECT_EQ(device.describe(Status::not_ready), "not ready");
}

TEST_F(GpuErrors, AStickyErrorNamesTheCallThatReportedItFirst) {
  {
    CudaDevice device(stub.options());
    EventId event{};
    stub.fail("cuCtxSynchronize", kLaunchFailed);
    EXPECT_EQ(device.synchronize_device(), Status::launch_failure);
    EXPECT_EQ(device.create_event(&event), Status::launch_failure);
    const std::string text = device.describe(Status::launch_failure);
    EXPECT_TELLS(text, "cuEventCreate: CUDA_ERROR_LAUNCH_FAILED");
    EXPECT_TELLS(text, "lost since cuCtxSynchronize");
  }
  // A lost context takes what was in it with it: the driver refuses every release.
  stub.forget();
}

TEST_F(GpuErrors, AFailedLaunchLeavesNoBodyBehind) {
  CudaDevice device(stub.options());
  StreamId stream{};
  ASSERT_EQ(device.create_stream(&stream), Status::ok);
  bool ran = false;
  stub.fail("cuLaunchKernel", kOutOfMemory);
  EXPECT_EQ(device.launch_kernel(stream, device.loaded_module(), [&] { ran = true; }), Status::out_of_memory);
  EXPECT_EQ(device.synchronize_device(), Status::ok);
  EXPECT_FALSE(ran);
}

TEST_F(GpuErrors, EveryStepOfTheBeginningIsTold) {
  std::string steps;
  GpuOptions options = stub.options();
  options.on_step = [&](std::string_view call) { steps.append(call).append(" "); };
  const CudaDevice device(std::move(options));
  EXPECT_EQ(steps.find("cuInit "), 0u) << steps;
  EXPECT_TELLS(steps, "cuDevicePrimaryCtxRetain");
}

}  // namespace
}  // namespace kvtool

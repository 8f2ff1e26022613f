// DriverApi: the calls of a GPU driver library that kvtool makes, as a table of function pointers filled at
// run time. The prototypes are written here, so no header of the vendor is needed to build, and a binary
// starts on a machine that has no driver.
//
// One table serves two libraries: HIP's functions have the shape of CUDA's, with the handles and addresses
// behind opaque pointers of the same size. Where a shape differs, there are two entries and one of them stays
// empty.
#pragma once

#include <cstddef>
#include <cstdint>

namespace kvtool::cuda {

using Result = int;  // CUresult, hipError_t: 0 is success, and the numbers that Status has agree in both
using Handle = void*;
using Address = std::uint64_t;  // CUdeviceptr; HIP's void*, passed alike on every 64-bit ABI
using HostCallback = void (*)(void*);

// One function of the library. `name` is what error messages say.
template <class... Parameters>
struct DriverFunction {
  const char* name = nullptr;
  Result (*call)(Parameters...) = nullptr;
  explicit operator bool() const { return call != nullptr; }
};

// X(member, CUDA's name, HIP's name, parameters...). A null name: that library has no such function.
// clang-format off
#define KVTOOL_DRIVER_CALLS(X)                                                                                        \
  X(init, "cuInit", "hipInit", unsigned)                                                                              \
  X(driver_version, "cuDriverGetVersion", "hipDriverGetVersion", int*)                                                \
  X(error_name, "cuGetErrorName", "hipDrvGetErrorName", Result, const char**)                                         \
  X(error_string, "cuGetErrorString", "hipDrvGetErrorString", Result, const char**)                                   \
  X(device_count, "cuDeviceGetCount", "hipGetDeviceCount", int*)                                                      \
  X(device_get, "cuDeviceGet", "hipDeviceGet", int*, int)                                                             \
  X(device_name, "cuDeviceGetName", "hipDeviceGetName", char*, int, int)                                              \
  X(primary_retain, "cuDevicePrimaryCtxRetain", "hipDevicePrimaryCtxRetain", Handle*, int)                            \
  X(primary_release, "cuDevicePrimaryCtxRelease_v2", "hipDevicePrimaryCtxRelease", int)                               \
  X(context_create, "cuCtxCreate_v2", "hipCtxCreate", Handle*, unsigned, int)                                         \
  X(context_destroy, "cuCtxDestroy_v2", "hipCtxDestroy", Handle)                                                      \
  X(set_current, "cuCtxSetCurrent", "hipCtxSetCurrent", Handle)                                                       \
  X(synchronize, "cuCtxSynchronize", "hipDeviceSynchronize")                                                          \
  X(priority_range, "cuCtxGetStreamPriorityRange", "hipDeviceGetStreamPriorityRange", int*, int*)                     \
  X(stream_create, "cuStreamCreate", "hipStreamCreateWithFlags", Handle*, unsigned)                                   \
  X(stream_create_priority, "cuStreamCreateWithPriority", "hipStreamCreateWithPriority", Handle*, unsigned, int)      \
  X(stream_destroy, "cuStreamDestroy_v2", "hipStreamDestroy", Handle)                                                 \
  X(stream_synchronize, "cuStreamSynchronize", "hipStreamSynchronize", Handle)                                        \
  X(stream_query, "cuStreamQuery", "hipStreamQuery", Handle)                                                          \
  X(stream_wait_event, "cuStreamWaitEvent", "hipStreamWaitEvent", Handle, Handle, unsigned)                           \
  X(event_create, "cuEventCreate", "hipEventCreateWithFlags", Handle*, unsigned)                                      \
  X(event_destroy, "cuEventDestroy_v2", "hipEventDestroy", Handle)                                                    \
  X(event_record, "cuEventRecord", "hipEventRecord", Handle, Handle)                                                  \
  X(event_query, "cuEventQuery", "hipEventQuery", Handle)                                                             \
  X(event_synchronize, "cuEventSynchronize", "hipEventSynchronize", Handle)                                           \
  X(event_elapsed, "cuEventElapsedTime", "hipEventElapsedTime", float*, Handle, Handle)                               \
  X(launch_host_function, "cuLaunchHostFunc", "hipLaunchHostFunc", Handle, HostCallback, void*)                       \
  X(library_load, "cuLibraryLoadData", nullptr, Handle*, const void*, int*, void**, unsigned, int*, void**, unsigned) \
  X(library_kernel, "cuLibraryGetKernel", nullptr, Handle*, Handle, const char*)                                      \
  X(kernel_function, "cuKernelGetFunction", nullptr, Handle*, Handle)                                                 \
  X(library_unload, "cuLibraryUnload", nullptr, Handle)                                                               \
  X(module_load, nullptr, "hipModuleLoadData", Handle*, const void*)                                                  \
  X(module_function, nullptr, "hipModuleGetFunction", Handle*, Handle, const char*)                                   \
  X(module_unload, nullptr, "hipModuleUnload", Handle)                                                                \
  X(function_attribute, "cuFuncGetAttribute", "hipFuncGetAttribute", int*, int, Handle)                               \
  X(launch, "cuLaunchKernel", "hipModuleLaunchKernel", Handle, unsigned, unsigned, unsigned, unsigned, unsigned,      \
    unsigned, unsigned, Handle, void**, void**)                                                                       \
  X(allocate, "cuMemAlloc_v2", "hipMalloc", Address*, std::size_t)                                                    \
  X(free, "cuMemFree_v2", "hipFree", Address)                                                                         \
  X(allocate_host, "cuMemHostAlloc", "hipHostMalloc", void**, std::size_t, unsigned)                                  \
  X(free_host, "cuMemFreeHost", "hipHostFree", void*)                                                                 \
  X(device_pointer, "cuMemHostGetDevicePointer_v2", "hipHostGetDevicePointer", Address*, void*, unsigned)             \
  X(allocate_async, "cuMemAllocAsync", "hipMallocAsync", Address*, std::size_t, Handle)                               \
  X(free_async, "cuMemFreeAsync", "hipFreeAsync", Address, Handle)                                                    \
  X(copy_async, "cuMemcpyAsync", nullptr, Address, Address, std::size_t, Handle)                                      \
  X(copy, "cuMemcpy", nullptr, Address, Address, std::size_t)                                                         \
  X(copy_kind_async, nullptr, "hipMemcpyAsync", Address, Address, std::size_t, int, Handle)                           \
  X(copy_kind, nullptr, "hipMemcpy", Address, Address, std::size_t, int)                                              \
  X(memory_info, "cuMemGetInfo_v2", "hipMemGetInfo", std::size_t*, std::size_t*)                                      \
  X(pointer_attribute, "cuPointerGetAttribute", "hipPointerGetAttribute", void*, int, Address)
// clang-format on

struct DriverApi {
#define KVTOOL_MEMBER(member, cuda, hip, ...) DriverFunction<__VA_ARGS__> member;
  KVTOOL_DRIVER_CALLS(KVTOOL_MEMBER)
#undef KVTOOL_MEMBER
};

// Constants of both libraries; CUDA's and HIP's agree.
inline constexpr unsigned kNonBlockingStream = 1;
inline constexpr unsigned kTimedEvent = 0, kEventWithoutTiming = 2;
inline constexpr unsigned kHostPortable = 1, kHostMapped = 2;
inline constexpr int kPointerMemoryType = 2;  // the attribute, whose value is one of the two below
inline constexpr unsigned kMemoryTypeHost = 1, kMemoryTypeDevice = 2;
inline constexpr int kFunctionRegisters = 4;
inline constexpr int kCopyByAddress = 4;  // hipMemcpyDefault: the addresses tell the direction

}  // namespace kvtool::cuda

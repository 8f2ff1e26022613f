// Lets one header serve the CPU and the GPU kernels: under nvcc its functions are compiled for both.
#pragma once

#ifdef __CUDACC__
#define KVTOOL_HOST_DEVICE __host__ __device__
#else
#define KVTOOL_HOST_DEVICE
#endif

// Kernels whose module is not loaded before their first launch, each for another reason why loading is work.
#include <cstdio>

extern "C" __device__ unsigned char kvtool_large_variable[16 << 20] = {1};

extern "C" __global__ void kvtool_cold_large_variable(int* word) {
  *word = kvtool_large_variable[threadIdx.x];
}

// 64 KiB of stack: an array whose indices the compiler cannot know.
extern "C" __global__ void kvtool_cold_local_memory(int* word) {
  int stack[16384];
  const int x = *word;
  for (int i = 0; i < 16384; ++i) stack[i] = x * i;
  int sum = 0;
  for (int i = 0; i < 16384; ++i) sum += stack[(x + i * 7) % 16384];
  *word = sum;
}

extern "C" __global__ void kvtool_cold_prints(int* word) {
  if (*word == 12345) printf("%d\n", *word);
}

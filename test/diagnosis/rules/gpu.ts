import type { Stacks } from './stack.js';

const mutex = ['__lll_lock_wait', 'pthread_mutex_lock@libc.so.6'];
const spin = ['@libcuda.so.575.57.08', '@libcuda.so.575.57.08'];

export const torch: Stacks = {
  'torch-dispatch-retakes': [
    'pthread_cond_timedwait',
    'torch::autograd::dispatch_to@libtorch_python.so',
    'py to t.py',
  ],
  'torch-python-library-retakes': {
    frames: ['pthread_cond_timedwait', 'THPVariable_item@libtorch_python.so', 'py item t.py'],
    format: 'py-spy',
  },
  'torch-operator-without-the-gil': [
    ...mutex,
    'at::_ops::view::call@libtorch_cpu.so',
    'torch::autograd::THPVariable_view',
  ],
  'torch-dispatch-without-the-gil': ['sched_yield', 'torch::autograd::dispatch_to', 'py to t.py'],
  'torch-synchronize-without-the-gil': ['sched_yield', 'cudaDeviceSynchronize', 'THCPModule_cudaSynchronize'],
  'torch-exchange-device-keeps-the-gil': [
    ...mutex,
    'cudaSetDevice',
    'THCPModule_exchangeDevice',
    'py __enter__ torch/cuda/__init__.py',
  ],
  'torch-event-destroy-keeps-the-gil': ['sched_yield', 'cudaEventDestroy', 'THCPEvent_dealloc'],
  'wants-the-device-allocator': [
    ...mutex,
    'c10::cuda::CUDACachingAllocator::Native::DeviceCachingAllocator::malloc(int)',
  ],
  'is-in-the-device-allocator': [
    'pthread_cond_timedwait',
    'take_gil',
    'c10::DeviceCachingAllocator::free_block()',
  ],
  'wants-the-autocast-cache': [...mutex, 'at::autocast::clear_cache()'],
  'is-in-the-autocast-cache': ['pthread_cond_timedwait', 'take_gil', 'at::autocast::clear_cache()'],
  'autograd-worker': [
    'pthread_cond_wait',
    'torch::autograd::ReadyQueue::pop()',
    'torch::autograd::Engine::thread_main()',
  ],
  'torch-pool-worker': ['pthread_cond_wait', 'c10::ThreadPool::main_loop(unsigned long)'],
};

export const cuda: Stacks = {
  'launch-lock': [
    'futex_wait',
    'pthread_rwlock_rdlock',
    '@libcuda.so.580.159.04',
    'cuEventRecord@libcuda.so.580.159.04',
  ],
  'runtime-library-mutex': [...mutex, '@libcudart.so.12', 'cudaSetDevice@libcudart.so.12'],
  'static-runtime-mutex': [...mutex, '__cudart604@app', 'cudaMalloc@app'],
  'driver-mutex': [...mutex, '@libcuda.so.1', 'cuMemcpyAsync@libcuda.so.1'],
  'inside-the-runtime': [...spin, 'cuLibraryGetModule@libcuda.so.575.57.08', '@libcudart.so.12'],
  'inside-the-static-runtime': [...spin, '__cudart604@app'],
  'inside-the-driver': [
    'pthread_cond_timedwait',
    'take_gil',
    '@libcuda.so.1',
    'cuOccupancyMaxPotentialBlockSize@libcuda.so.1',
  ],
  'entered-the-driver': [
    'pthread_cond_timedwait',
    'take_gil',
    'cuOccupancyMaxPotentialBlockSize@libcuda.so.1',
  ],
  'waits-for-idle': {
    fits: {
      frames: [...spin, 'cuLibraryGetModule@libcuda.so.575.57.08', 'cudaLaunchKernel@libcudart.so.12'],
    },
    not: [{ frames: [...mutex, '@libcuda.so.575.57.08', 'cudaFree@libcudart.so.12'] }],
  },
  'yields-for-idle': ['sched_yield@libc.so.6', '@libcuda.so.1', 'cudaFree@libcudart.so.12'],
  'yields-in-the-driver': ['sched_yield@libc.so.6', '@libcuda.so.1', 'cuLaunchHostFunc@libcuda.so.1'],
  'spins-in-a-host-function-launch': [...spin, 'cudaLaunchHostFunc@libcudart.so.13'],
  'launch-may-wait-for-idle': {
    fits: { frames: [...spin, 'cudaLaunchKernel@libcudart.so.12'] },
    not: [{ frames: [...mutex, '@libcuda.so.575.57.08', 'cudaLaunchKernel@libcudart.so.12'] }],
  },
  'first-load-holds-the-context': {
    fits: {
      frames: [...spin, 'cuLibraryGetModule@libcuda.so.575.57.08', 'cudaLaunchKernel@libcudart.so.12'],
    },
    not: [{ frames: [...spin, 'cudaLaunchKernel@libcudart.so.12'] }],
  },
  'first-load-holds-launches': [
    ...spin,
    'cuLibraryGetModule@libcuda.so.580.65',
    'cudaLaunchKernel@libcudart.so.12',
  ],
  synchronises: [...spin, 'cudaStreamSynchronize@libcudart.so.12', 'py item t.py'],
  'asks-the-device-again-and-again': ['@libcuda.so.1', 'cudaStreamQuery@libcudart.so.12', 'wait_done@app.so'],
  'driver-helper': {
    fits: { frames: ['poll@libc.so.6', '@libcuda.so.1', '@libcuda.so.1', 'start_thread'] },
    not: [{ frames: ['poll@libc.so.6', '@libcuda.so.1', 'cuInit@libcuda.so.1'] }],
  },
  'debugger-helper': ['poll@libc.so.6', '@libcudadebugger.so.1', '@libcuda.so.1'],
};

export const hostCallback: Stacks = {
  'host-function-wants-the-gil': ['pthread_cond_timedwait', 'runtime__HostFnFunc', '@libcuda.so.1'],
  'cupy-host-function': ['pthread_cond_timedwait', 'runtime__HostFnFunc', '@libcuda.so.1'],
  'closure-called-by-the-driver': {
    fits: {
      frames: [
        'take_gil',
        'PyGILState_Ensure',
        'closure_fcn',
        'ffi_closure_unix64',
        '@libcuda.so.1',
        'start_thread',
      ],
    },
    not: [
      {
        frames: ['take_gil', 'closure_fcn', '@libcuda.so.1', 'cuOccupancyMaxPotentialBlockSize@libcuda.so.1'],
      },
    ],
  },
  'gil-wanted-by-the-driver': [
    'pthread_cond_timedwait',
    'take_gil',
    'run_callback@bindings.so',
    '@libcuda.so.1',
  ],
  'python-called-by-the-driver': ['py on_event bus.py', '@libcuda.so.1', 'start_thread'],
  'hip-host-function': ['take_gil', 'amd::Event::processCallbacks@libamdhip64.so.7'],
  'user-code-on-a-thread-of-the-driver': {
    fits: {
      frames: [
        ...mutex,
        'app::on_copied(void*)@libapp.so',
        '@libcuda.so.1',
        '@libcuda.so.1',
        'start_thread@libc.so.6',
      ],
    },
    not: [
      // An idle executor, and a callback on the thread of the one who called.
      { frames: ['pthread_cond_wait@libc.so.6', '@libcuda.so.1', 'start_thread@libc.so.6'] },
      { frames: ['__GI___poll', '@libcuda.so.1', 'start_thread'] },
      {
        frames: [
          ...mutex,
          'size_of_block@libapp.so',
          '@libcuda.so.1',
          'cuOccupancyMaxPotentialBlockSize@libcuda.so.1',
        ],
      },
      {
        frames: [
          ...mutex,
          'destroyed@libapp.so',
          '@libcuda.so.1',
          'main@app',
          '__libc_start_main@libc.so.6',
          '_start@app',
        ],
      },
    ],
  },
  'named-callback-called-by-the-driver': [
    ...mutex,
    'cudaMalloc',
    'on_done_host_fn',
    '@libcuda.so.1',
    'start_thread',
  ],
};

export const hip: Stacks = {
  'hip-syncs-all-streams': ['roc::WaitForSignal', 'hip::Stream::SyncAllStreams@libamdhip64.so.6', 'hipFree'],
  'hip-call-that-syncs': ['@libamdhip64.so.6', 'hipEventDestroy@libamdhip64.so.6', 'py release s.py'],
  'hip-synchronises': ['@libamdhip64.so.6', 'hipStreamSynchronize@libamdhip64.so.6'],
  'hsa-waits-for-a-signal': ['rocr::core::InterruptSignal::WaitRelaxed', 'hsa_signal_wait_scacquire'],
  'hsa-event-loop': ['ioctl', 'hsaKmtWaitOnMultipleEvents', 'rocr::core::Runtime::AsyncEventsLoop'],
  'hip-mutex': [...mutex, '@libamdhip64.so.6', 'hipStreamWaitEvent@libamdhip64.so.6'],
  'amd-monitor': [...mutex, 'amd::Monitor::lock()', 'hipStreamWaitEvent'],
  'inside-hip': [
    'roc::WaitForSignal',
    'amd::HostQueue::finish@libamdhip64.so.6',
    'hipStreamSynchronize@libamdhip64.so.6',
  ],
};

export const gpuOthers: Stacks = {
  'level-zero-wait': [
    'sched_yield',
    '@libze_intel_gpu.so.1',
    'ur::level_zero::urEventWait@libur_adapter_level_zero.so',
  ],
  'sycl-wait': ['sched_yield', '@libsycl.so.8', 'sycl::_V1::event::wait'],
  'opencl-wait': ['pthread_cond_wait', 'clFinish@libOpenCL.so.1'],
  'ascend-wait': ['ioctl', 'rtStreamSynchronize', 'aclrtSynchronizeStream'],
  'python-synchronises-a-device': ['py synchronize torch/cuda/streams.py', 'py step t.py'],
};

export const collectives: Stacks = {
  'torch-collective': [
    'py all_reduce torch/distributed/distributed_c10d.py',
    'py wrapper torch/distributed/c10d_logger.py',
  ],
  'torch-point-to-point': [
    'py recv torch/distributed/distributed_c10d.py',
    'py recv deepspeed/runtime/pipe/p2p.py',
  ],
  rendezvous: [
    'py _create_c10d_store torch/distributed/rendezvous.py',
    'py _tcp_rendezvous_handler torch/distributed/rendezvous.py',
  ],
  'nccl-native-collective': ['poll', 'ncclSocketWait@libnccl.so.2', 'ncclCommInitRank@libnccl.so.2'],
  'c10d-native-wait': ['pthread_cond_wait', 'c10d::ProcessGroupNCCL::WorkNCCL::synchronize()'],
  'nccl-watchdog': ['pthread_cond_timedwait', 'c10d::ProcessGroupNCCL::watchdogHandler()'],
  'nccl-proxy': ['poll', 'ncclProxyService(void*)@libnccl.so.2'],
  'gloo-wait': ['pthread_cond_wait', 'gloo::transport::tcp::UnboundBuffer::waitRecv()'],
  'gloo-loop': ['epoll_wait', 'gloo::transport::tcp::Loop::run()'],
  'mpi-collective': ['poll', 'opal_progress', 'PMPI_Allreduce@libmpi.so.40'],
  'mpi-point-to-point': ['poll', 'opal_progress', 'MPI_Recv@libmpi.so.40'],
};

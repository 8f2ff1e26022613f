/** Worker threads of OpenMP, OpenBLAS, MKL, TBB, Eigen: idle between parallel regions. */
import { fn, idle, type Rule } from './rule.js';

export const openmpRules: readonly Rule[] = [
  {
    id: 'gomp-worker',
    at: 'any',
    frame: fn(
      /^gomp_(barrier_wait|barrier_wait_end|team_barrier_wait\w*|simple_barrier_wait|thread_start)\b/,
    ),
    without: [fn(/^(GOMP_parallel\w*|gomp_team_end)/)],
    means: idle('a worker of OpenMP (libgomp)'),
    software: 'libgomp',
    versions: 'GCC 4.4 to 15',
    learntFrom: 'OpenBLAS 1456 (gdb)',
    confidence: 0.9,
  },
  {
    id: 'gomp-worker-stripped',
    at: 'tip',
    frame: { module: /^libgomp\b/, function: /^(\?\?)?$/ },
    without: [fn(/^(GOMP_\w+|gomp_team_end)/)],
    means: idle('a worker of OpenMP (libgomp)'),
    software:
      'libgomp without symbols: its workers spin or sleep in unnamed frames, with no other library below',
    versions: 'GCC 4.4 to 15, the copies in wheels of PyTorch and scikit-learn',
    learntFrom: 'OpenBLAS 1456, hang reports of vLLM (py-spy)',
    confidence: 0.82,
  },
  {
    id: 'kmp-worker',
    at: 'any',
    frame: fn(
      /^__kmp_(launch_(worker|thread)|fork_barrier|suspend_\w+|suspend_template\w*|hyper_barrier_release|wait_(template|4|8|64)\w*)/,
    ),
    without: [fn(/^__kmp(c)?_(fork_call|join_call|join_barrier)/)],
    means: idle('a worker of OpenMP (libomp)'),
    software: 'libomp and libiomp5',
    versions: 'LLVM 3.7 to 21, Intel 2013 to 2026',
    learntFrom: 'llvm sources, openmp/runtime',
    confidence: 0.9,
  },
  {
    id: 'openblas-worker',
    at: 'any',
    frame: fn(/^(blas_thread_server|blas_worker|inner_thread)\b/),
    calls: fn(/^_*(pthread_cond_|futex|sched_yield|sem_)/),
    means: idle('a worker of OpenBLAS'),
    software: 'OpenBLAS built with pthreads',
    versions: '0.2 to 0.3.30',
    learntFrom: 'OpenBLAS sources, blas_server.c',
    confidence: 0.92,
  },
  {
    id: 'tbb-worker',
    at: 'any',
    frame: fn(
      /^tbb::(detail::\w+::|internal::)?(rml::(internal::)?(private_worker|thread_monitor)|market::\w*wait|arena_slot|waiter|sleep_node|concurrent_monitor\w*)/,
    ),
    without: [fn(/^tbb::.*(wait_for_all|parallel_for|task_group::wait|execute_and_wait)/)],
    means: idle('a worker of TBB'),
    software: 'oneTBB',
    versions: '4 to 2022',
    learntFrom: 'oneTBB sources, private_server.cpp',
    confidence: 0.88,
  },
  {
    id: 'eigen-worker',
    at: 'any',
    frame: fn(
      /^Eigen::(ThreadPoolTempl|NonBlockingThreadPoolTempl)<.*>::(WaitForWork|WorkerLoop)|^Eigen::EventCount::(CommitWait|Wait)/,
    ),
    calls: fn(/^(Eigen::EventCount|std::(__\w+::)?condition_variable|_*pthread_cond_|Eigen::\S*WaitForWork)/),
    means: idle('a worker of an Eigen thread pool'),
    software: 'Eigen, TensorFlow, ONNX Runtime',
    versions: 'Eigen 3.3 to 5',
    learntFrom: 'Eigen sources, NonBlockingThreadPool.h',
    confidence: 0.9,
  },
];

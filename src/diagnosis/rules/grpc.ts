/** gRPC's core and its event engine. */
import { fn, idle, type Rule, waitsOutside } from './rule.js';

export const grpcRules: readonly Rule[] = [
  {
    id: 'grpc-worker',
    at: 'any',
    frame: fn(
      /^(grpc_core::(Executor|ThreadManager|\(anonymous namespace\)::ThreadInternals\w*)|grpc_event_engine::experimental::(\w+ThreadPool|PollEventHandle|Epoll1Poller|TimerManager|ThreadPool)\S*|timer_(main_loop|thread)|wait_until|run_some_timers|executor_thread|Executor::ThreadMain)/,
    ),
    calls: fn(
      /^(gpr_cv_wait|absl::(\w+::)?CondVar|_*epoll_|_*pthread_cond_|grpc_core::(CondVar|Executor)|grpc_event_engine::experimental::\S*(Work|Wait|Poll|Step|Park)|_*poll$)/,
    ),
    means: idle('a helper thread of gRPC'),
    software: 'gRPC core',
    versions: '1.10 to 1.76',
    learntFrom: 'grpc 38020 (gdb)',
    confidence: 0.9,
  },
  {
    id: 'grpc-completion-queue',
    at: 'any',
    frame: fn(
      /^(grpc_completion_queue_(next|pluck)|cq_(next|pluck)|grpc::CompletionQueue::(AsyncNext\w*|Pluck|Next)|pollset_work|epoll1?_?\w*pollset_work|pollable_epoll)/,
    ),
    means: waitsOutside('the next event of a gRPC completion queue'),
    software: 'gRPC core and its C++ and Python bindings',
    versions: '1.0 to 1.76',
    learntFrom: 'grpc sources, completion_queue.cc',
    confidence: 0.9,
  },
];

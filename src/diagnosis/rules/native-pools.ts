/** Event loops and worker threads of native libraries: idle when they wait. */
import { fn, idle, type Rule, waitsOutside } from './rule.js';

const waits = fn(
  /^(std::(__\w+::)?(condition_variable|this_thread)|_*(GI_)*_*(pthread_cond_|epoll_|poll|ppoll|select|sem_|futex|nanosleep|clock_nanosleep)|g_cond_wait|g_main_context_\w+|folly::|event_base|epoll_dispatch|poll_dispatch)/,
);

export const nativePoolRules: readonly Rule[] = [
  {
    id: 'libevent-loop',
    at: 'any',
    frame: fn(/^(event_base_(loop|dispatch)|epoll_dispatch|poll_dispatch|ev_run|ev_loop|bufferevent_\w+)\b/),
    means: idle('an event loop of libevent or libev'),
    software: 'libevent, libev',
    versions: 'libevent 1.4 to 2.2, libev 4',
    learntFrom: 'TensorRT-LLM 2560 (gdb)',
    confidence: 0.88,
  },
  {
    id: 'glib-loop',
    at: 'any',
    frame: fn(
      /^(g_main_loop_run|g_main_context_(iteration|poll\w*|iterate\S*)|gtk_main|g_application_run)\b/,
    ),
    calls: fn(/^(g_main_context_\w+|g_poll|_*(GI_)*_*p?poll)/),
    means: idle('an event loop of GLib'),
    software: 'GLib, GTK, GStreamer',
    versions: '2.0 to 2.86',
    learntFrom: 'node-gtk 247 (gdb)',
    confidence: 0.82,
  },
  {
    id: 'qt-loop',
    at: 'any',
    frame: fn(
      /^(QEventDispatcher\w+::processEvents|QEventLoop::(exec|processEvents)|QThread::exec|QThreadPoolThread::run|QWaitCondition::wait)\b/,
    ),
    means: idle('an event loop or a worker of Qt'),
    software: 'Qt',
    versions: '4 to 6',
    learntFrom: 'Qt sources, qeventdispatcher_unix.cpp',
    confidence: 0.78,
  },
  {
    id: 'glib-pool',
    at: 'any',
    frame: fn(/^(g_thread_pool_(wait_for_new_\w+|thread_proxy)|g_async_queue_(pop\w*|timeout_pop\w*))\b/),
    calls: fn(/^(g_async_queue_\w+|g_cond_wait\w*|_*syscall)/),
    means: idle('a worker of a GLib thread pool'),
    software: 'GLib',
    versions: '2.0 to 2.86',
    learntFrom: 'GLib sources, gthreadpool.c',
    confidence: 0.88,
  },
  {
    id: 'arrow-pool',
    at: 'any',
    frame: fn(
      /^(arrow::internal::(WorkerLoop|ThreadPool)|arrow::internal::\w*SelfPipe\w*|Aws::Utils::Threading::ThreadTask|aws_event_loop_\w*|s_event_thread|background_thread_entry|je_background_thread\w*|folly::(ThreadPoolExecutor|IOThreadPoolExecutor|CPUThreadPoolExecutor|EventBase)\S*|tensorflow::\S*(EventMgr::PollLoop|WaitForWork)|onnxruntime::concurrency::\S*|llvm::(StdThreadPool|ThreadPool)::processTasks|rocksdb::ThreadPoolImpl::Impl::BGThread|bthread::TaskGroup::wait_task|spdlog::details::thread_pool::\w+|cpr_\w+|opencensus::\S*|prometheus::\S*)/,
    ),
    calls: waits,
    means: idle('a worker thread of a library, waiting for work'),
    software: 'Arrow, AWS SDK, jemalloc, folly, TensorFlow, LLVM, RocksDB, brpc, spdlog',
    versions: 'as of 2026',
    learntFrom: 'stacks of idle processes',
    confidence: 0.85,
  },
  {
    id: 'ucx-progress',
    at: 'any',
    frame: fn(
      /^(ucs_async_thread_func|ucs_event_set_wait|uct_\w+_progress_wait|ucp_worker_wait|ucs_vfs_thread)\b/,
    ),
    means: idle('the progress thread of UCX'),
    software: 'UCX',
    versions: '1.0 to 1.19',
    learntFrom: 'UCX PR 952',
    confidence: 0.85,
  },
  {
    id: 'dns-lookup',
    at: 'any',
    frame: fn(
      /^_*(GI_+)*_*(getaddrinfo|gethostbyname\w*|res_(nsend|nquery|nsearch|context_\w+)|send_dg|send_vc|nss_dns_\w+)\b/,
    ),
    calls: fn(
      /^_*(GI_+)*_*(p?poll|recv\w*|connect|res_\w+|send_dg|send_vc|gaih_\w+|nss_\w+|gethostbyname\w*)/,
    ),
    means: waitsOutside('a name server'),
    software: 'the resolver of glibc',
    versions: '2.3 to 2.43',
    learntFrom: 'glibc sources, resolv/res_send.c',
    confidence: 0.88,
  },
  {
    id: 'native-child',
    at: 'any',
    frame: fn(/^_*(GI_+)*_*(libc_)?(wait|wait[34]|waitpid|waitid)(@\S+)?$/),
    means: waitsOutside('a child process'),
    software: 'the wait calls of the C library',
    versions: 'any libc',
    learntFrom: 'OpenBLAS 1456 (gdb)',
    confidence: 0.92,
  },
];

/** Rust: std, parking_lot, tokio, rayon, crossbeam. */
import { fn, idle, type Rule, waitsFor } from './rule.js';

export const rustRules: readonly Rule[] = [
  {
    id: 'rust-std-mutex',
    at: 'any',
    frame: fn(
      /^<?std::sys::(sync|unix|pal::unix|_?\w+)::(\S*::)?(futex_)?[Mm]utex(::futex)?::(\S*::)?Mutex::(lock_contended|lock)|^std::sync::(poison::)?mutex::Mutex<.*>::lock/,
    ),
    means: waitsFor('mutex:{lock}'),
    software: 'std::sync::Mutex on a futex',
    versions: 'Rust 1.62 to 1.91',
    learntFrom: 'rust sources, sys/sync/mutex/futex.rs',
    confidence: 0.92,
  },
  {
    id: 'rust-std-rwlock',
    at: 'any',
    frame: fn(
      /^<?std::sys::\S*(futex_)?rwlock\S*::RwLock::(read|write)_contended|^std::sync::(poison::)?rwlock::RwLock<.*>::(read|write)\b/,
    ),
    means: waitsFor('rwlock:{lock}'),
    software: 'std::sync::RwLock on a futex',
    versions: 'Rust 1.62 to 1.91',
    learntFrom: 'rust sources, sys/sync/rwlock/futex.rs',
    confidence: 0.92,
  },
  {
    id: 'rust-once',
    at: 'any',
    frame: fn(
      /^<?std::sys::\S*once\S*::Once::(call|wait)|^std::sync::(poison::)?once::Once::(call_once\w*|wait)/,
    ),
    calls: fn(/^(std::sys::\S*futex|futex|syscall|_*futex_wait)/),
    means: waitsFor('once:{outside}'),
    software: 'std::sync::Once and OnceLock',
    versions: 'Rust 1.62 to 1.91',
    learntFrom: 'rust sources, sys/sync/once/futex.rs',
    confidence: 0.88,
  },
  {
    id: 'parking-lot-mutex',
    at: 'any',
    frame: fn(
      /^<?parking_lot::raw_mutex::RawMutex(>| as .*>)?::lock_slow|^lock_api::(mutex::)?Mutex<.*>::lock\b/,
    ),
    means: waitsFor('mutex:{lock}'),
    software: 'parking_lot::Mutex',
    versions: '0.4 to 0.12',
    learntFrom: 'parking_lot sources, raw_mutex.rs',
    confidence: 0.93,
  },
  {
    id: 'parking-lot-rwlock',
    at: 'any',
    frame: fn(
      /^<?parking_lot::raw_rwlock::RawRwLock(>| as .*>)?::(lock_(shared|exclusive|upgradable)_slow|lock_common|wait_for_readers)/,
    ),
    means: waitsFor('rwlock:{lock}'),
    software: 'parking_lot::RwLock',
    versions: '0.4 to 0.12',
    learntFrom: 'parking_lot sources, raw_rwlock.rs',
    confidence: 0.93,
  },
  {
    id: 'tokio-worker',
    at: 'any',
    frame: fn(
      /^<?tokio::(runtime::(park|scheduler::\w+(::\w+)*|thread_pool|blocking::pool|time|io|driver|signal)\S*(park\w*|run|block_on|Inner::run|turn|worker)|park::|time::driver|io::driver)/,
    ),
    calls: fn(
      /^<?(std::sys|parking_lot|tokio::runtime|tokio::loom|mio::|_*epoll_|_*futex|syscall|_*pthread_cond_)/,
    ),
    means: idle('a worker of the tokio runtime'),
    software: 'tokio',
    versions: '0.2 to 1.48',
    learntFrom: 'tokio sources, runtime/scheduler/multi_thread/park.rs',
    confidence: 0.88,
  },
  {
    id: 'rayon-worker',
    at: 'any',
    frame: fn(/^<?rayon_core::(sleep::Sleep::(sleep|no_work_found)|registry::WorkerThread::wait_until_cold)/),
    under: [
      fn(
        /^<?rayon_core::registry::(ThreadBuilder::run|main_loop|WorkerThread::main_loop)|rayon_core::registry::DefaultSpawn/,
      ),
    ],
    means: idle('a worker of a rayon pool'),
    software: 'rayon',
    versions: '1.0 to 1.12',
    learntFrom: 'rayon-core sources, sleep/mod.rs',
    confidence: 0.9,
  },
  {
    id: 'rust-channel',
    at: 'any',
    frame: fn(
      /^<?(crossbeam_channel::(channel|flavors|select)|std::sync::mpmc|std::sync::mpsc|flume::)\S*(recv|wait)\w*/,
    ),
    means: idle('the next message of a channel'),
    software: 'std::sync::mpsc, crossbeam-channel, flume',
    versions: 'Rust 1.0 to 1.91',
    learntFrom: 'rust sources, sync/mpmc',
    confidence: 0.82,
  },
];

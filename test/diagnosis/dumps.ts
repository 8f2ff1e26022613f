/** Hand-written process dumps, named by what they show. */
import type {
  Frame,
  LockLine,
  ProcessDump,
  ThreadDump,
  ThreadWait,
} from '../../src/diagnosis/process-dump.js';

export const pid = 100;

export function frames(...names: string[]): Frame[] {
  return names.map((name) => {
    const [fn, module] = name.split('@');
    const frame: Frame = { runtime: 'native' };
    if (fn) frame.function = fn;
    if (module) frame.module = module;
    return frame;
  });
}

export function thread(tid: number, name: string, over: Partial<ThreadDump> = {}): ThreadDump {
  return { tid, name, state: 'S', cpuUs: 1000, frames: [], stack: 'none', ...over };
}

export function wait(kind: ThreadWait['kind'], address?: string, ownerTid?: number): ThreadWait {
  return {
    kind,
    ...(address === undefined ? {} : { address }),
    ...(ownerTid === undefined ? {} : { ownerTid }),
  };
}

export function line(tid: number, name: string, holds: string[], wants?: string, where?: string): LockLine {
  return {
    tid,
    name,
    holds,
    ...(wants === undefined ? {} : { wants, waitingMs: 2000 }),
    ...(where === undefined ? {} : { where }),
  };
}

export function dump(
  threads: ThreadDump[],
  lockLines: LockLine[] = [],
  over: Partial<ProcessDump> = {},
): ProcessDump {
  return {
    schemaVersion: 1,
    pid,
    takenAt: '2026-11-20T18:00:01.000Z',
    threads,
    lockLines,
    lacks: [],
    ...over,
  };
}

/** The same process one second earlier: every wait is one second younger and no CPU was used since. */
export function earlier(later: ProcessDump): ProcessDump {
  return {
    ...later,
    takenAt: '2026-11-20T18:00:00.000Z',
    lockLines: later.lockLines.map((lockLine) =>
      lockLine.waitingMs === undefined ? lockLine : { ...lockLine, waitingMs: lockLine.waitingMs - 1000 },
    ),
  };
}

/** A1 on CPython: entrant, launcher and callback, with a publisher and a pool worker as bystanders. */
export function threePartyPython(): ProcessDump {
  const launchLock = '0x7f0000001000';
  return dump(
    [
      thread(100, 'python3', { wait: wait('condvar', '0x55') }),
      thread(101, 'entrant', {
        wait: wait('rwlock-read', launchLock, 102),
        frames: frames('__futex_abstimed_wait', 'pthread_rwlock_rdlock', 'record_event', 'ffi_call'),
      }),
      thread(102, 'launcher', { wait: wait('condvar', '0x77') }),
      thread(103, 'host-fn', { wait: wait('condvar', '0x88') }),
      thread(104, 'publisher', { wait: wait('condvar', '0x88') }),
      thread(105, 'idle-0', { wait: wait('semaphore', '0x99') }),
    ],
    [
      line(101, 'entrant', ['runtime-lock:GIL'], 'driver-lock:W', 'cudaEventRecord'),
      line(
        102,
        'launcher',
        ['driver-lock:C', 'driver-lock:W'],
        'device:idle',
        'cudaLaunchKernel (first load)',
      ),
      line(103, 'host-function executor', ['device:idle', 'stream:1'], 'runtime-lock:GIL', 'host function'),
      line(104, 'publisher', [], 'runtime-lock:GIL', 'kvt_publish'),
    ],
  );
}

/** A1 on Node: the JS thread itself is the entrant. */
export function threePartyJs(): ProcessDump {
  const js = 'runtime-lock:JS thread';
  return dump(
    [
      thread(100, 'node', { wait: wait('condvar', '0x11') }),
      thread(102, 'launcher', { wait: wait('condvar', '0x77') }),
      thread(103, 'host-fn', { wait: wait('condvar', '0x88') }),
      thread(106, 'node', {
        wait: wait('semaphore', '0x99'),
        frames: frames('futex_wait', 'sem_wait', 'uv_sem_wait'),
      }),
    ],
    [
      line(100, 'JS thread', [js], 'driver-lock:W', 'cudaEventRecord'),
      line(102, 'launcher', ['driver-lock:C', 'driver-lock:W'], 'device:idle', 'cudaLaunchKernel'),
      line(103, 'host-function executor', ['device:idle'], js, 'host function'),
    ],
  );
}

/** A4: the publisher waits in the driver with the GIL kept. */
export function launchUnderGil(): ProcessDump {
  return dump(
    [thread(101, 'publisher', { wait: wait('condvar') }), thread(103, 'host-fn', { wait: wait('condvar') })],
    [
      line(
        101,
        'publisher',
        ['driver-lock:C', 'runtime-lock:GIL'],
        'stream:1',
        'cudaLaunchKernel (full queue)',
      ),
      line(103, 'host-function executor', ['stream:1', 'device:idle'], 'runtime-lock:GIL', 'host function'),
    ],
  );
}

/** A6: the reaper, which holds what is given, waits in the driver for a stream that waits for a dead client. */
export function unmapWaitsForever(holds: string[]): ProcessDump {
  return dump(
    [
      thread(101, 'reaper', { wait: wait('condvar') }),
      thread(102, 'kv-stream-5', { wait: wait('condvar') }),
      thread(103, 'publisher', { wait: wait('condvar') }),
    ],
    [
      line(101, 'reaper', [...holds, 'driver-lock:C'], 'device:idle', 'cudaFree'),
      line(102, 'stream 5', ['device:idle', 'stream:5'], 'gone:the client', 'cuStreamWaitEvent'),
      line(103, 'publisher', [], holds[0] ?? 'runtime-lock:GIL', 'return to the runtime'),
    ],
  );
}

/** A7: one holds M and wants the GIL back, the other holds the GIL and wants M; M's owner is in memory too. */
export function mutexThenGil(): ProcessDump {
  return dump(
    [
      thread(101, 'A', { wait: wait('condvar') }),
      thread(102, 'B', {
        wait: wait('mutex', '0xa0', 101),
        frames: frames('futex_wait', '___pthread_mutex_lock', 'ipc_open'),
      }),
    ],
    [
      line(101, 'A', ['mutex:M'], 'runtime-lock:GIL', 'PyEval_RestoreThread'),
      line(102, 'B', ['runtime-lock:GIL'], 'mutex:M'),
    ],
  );
}

/** No lock line at all: what any C program shows. */
export function abba(): ProcessDump {
  const stack = (caller: string) =>
    frames('__lll_lock_wait', '___pthread_mutex_lock', caller, 'start_thread');
  return dump([
    thread(100, 'main', {
      wait: wait('join', undefined, 101),
      frames: frames('__pthread_clockjoin_ex', 'main'),
    }),
    thread(101, 'left', { wait: wait('mutex', '0xb', 102), frames: stack('take_b') }),
    thread(102, 'right', { wait: wait('mutex', '0xa', 101), frames: stack('take_a') }),
  ]);
}

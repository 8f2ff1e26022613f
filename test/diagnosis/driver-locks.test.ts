import { expect, it } from 'vitest';
import { buildGraph } from '../../src/diagnosis/build-graph.js';
import { gpuThreads } from '../../src/diagnosis/gpu-threads.js';
import { nextSteps } from '../../src/diagnosis/next-steps.js';
import { dump, frames, line, thread, wait } from './dumps.js';

const inDriver = ['futex_wait', 'pthread_rwlock_rdlock', '@libcuda.so.580.159.04'];
const spinning = frames(
  'sched_yield@libc.so.6',
  '@libcuda.so.580.159.04',
  '@libcuda.so.580.159.04',
  'main@app',
);

it('the owner of the launch lock that runs in the driver waits for an idle device', () => {
  const { graph } = buildGraph(
    dump([
      thread(1, 'reader', {
        wait: wait('rwlock-read', '0xa', 2),
        frames: frames(...inDriver, 'cuEventRecord'),
      }),
      thread(2, 'loader', { state: 'R', frames: spinning }),
    ]),
  );
  expect(graph.holdersOf('driver-lock:W')).toMatchObject([{ tid: 2, evidence: 'read' }]);
  expect(graph.waits.get(2)).toMatchObject({ resource: 'device:idle', evidence: 'inferred', frame: 'main' });
});

it('a read-write lock of somebody else says nothing of the device', () => {
  const own = frames(
    'futex_wait',
    'pthread_rwlock_rdlock',
    'read_table@app',
    '@libcuda.so.1',
    'cuCtxCreate@libcuda.so.1',
  );
  const { graph } = buildGraph(
    dump([
      thread(1, 'reader', { wait: wait('rwlock-read', '0xa', 2), frames: own }),
      thread(2, 'writer', { state: 'R', frames: spinning }),
    ]),
  );
  expect(graph.waits.get(1)?.resource).toBe('rwlock:0xa');
  expect(graph.waits.get(2)).toBeUndefined();
});

// As a real driver was seen: a line tells what a model of the driver expects, which the calls' true order refutes.
it('a thread that shows where it stands is believed before a model of its call', () => {
  const byModel = (...args: Parameters<typeof line>) => ({ ...line(...args), byModel: true });
  const launchHostFunction = frames(
    'pthread_rwlock_wrlock',
    '@libcuda.so.1',
    'cuLaunchHostFunc@libcuda.so.1',
  );
  const { graph } = buildGraph(
    dump(
      [
        thread(1, 'entrant', {
          wait: wait('rwlock-read', '0xa', 2),
          frames: frames(...inDriver, 'cuEventRecord'),
        }),
        thread(2, 'launcher', { state: 'R', frames: spinning }),
        thread(3, 'publisher', { wait: wait('rwlock-write', '0xa', 2), frames: launchHostFunction }),
      ],
      [
        line(1, 'entrant', ['runtime-lock:GIL']),
        byModel(2, 'launcher', [], 'driver-lock:C', 'cudaLaunchKernel (first load)'),
        byModel(3, 'publisher', ['driver-lock:C'], 'driver-lock:C', 'cudaLaunchHostFunc'),
      ],
    ),
  );
  const waits = [1, 2, 3].map((tid) => graph.waits.get(tid)?.resource);
  expect(waits).toEqual(['driver-lock:W', 'device:idle', 'driver-lock:W']);
  expect(graph.holdersOf('driver-lock:W')).toMatchObject([{ tid: 2, evidence: 'read' }]);
});

it('a launch alone is no wait: it takes microseconds', () => {
  const launch = frames('@libcuda.so.1', 'cuLaunchKernel@libcuda.so.1', 'main@app');
  expect(buildGraph(dump([thread(1, 'launcher', { state: 'R', frames: launch })])).graph.waits.size).toBe(0);
});

it('two locks of the driver are not taken for one', () => {
  const readers = [1, 2].map((tid) =>
    thread(tid, `reader ${tid}`, {
      wait: wait('rwlock-read', `0x${tid}`, 3 - tid),
      frames: frames(...inDriver, 'cuEventRecord'),
    }),
  );
  const { graph } = buildGraph(dump(readers));
  expect([...graph.waits.values()].map(({ resource }) => resource)).toEqual([
    'driver-lock:W at 0x1',
    'driver-lock:W at 0x2',
  ]);
});

it.each([
  ['the CUDA runtime', 'call', 'cudaMalloc', ['@libcudart.so.12', 'cudaMalloc@libcudart.so.12', 'main@app']],
  ['NCCL', 'call', 'ncclAllReduce', ['@libnccl.so.2', 'ncclAllReduce@libnccl.so.2', 'main@app']],
  ['NCCL', 'helper', undefined, ['poll@libc.so.6', '@libnccl.so.2', 'start_thread@libc.so.6']],
  ['HIP', 'call', 'hipFree', ['@libamdhip64.so.7', 'hipFree@libamdhip64.so.7', 'main@app']],
  ['HSA', 'helper', undefined, ['ioctl@libc.so.6', '@libhsa-runtime64.so.1', 'start_thread@libc.so.6']],
])('a thread in %s: %s', (library, role, call, stack) => {
  const found = gpuThreads(dump([thread(1, 'worker', { frames: frames(...stack) })]));
  expect(found).toEqual([{ tid: 1, name: 'worker', library, role, ...(call ? { call } : {}), spins: false }]);
});

it('a thread that has nothing to do with a GPU is not listed', () => {
  const stacks = [['poll@libc.so.6', 'main@app'], ['current@app', 'customs_declare@app'], []];
  const threads = stacks.map((stack, tid) => thread(tid, 'other', { frames: frames(...stack) }));
  expect(gpuThreads(dump(threads))).toEqual([]);
});

const waiter = thread(1, 'main', {
  state: 'R',
  frames: frames('@libcuda.so.1', 'cuStreamSynchronize@libcuda.so.1'),
});

it('says what to run next only where nobody of the process holds the device up', () => {
  expect(nextSteps(dump([waiter]))[0]).toMatch(/^cuda-gdb -p 100 -batch -ex "info cuda kernels"/);
  const callback = frames('futex_wait', 'on_copied@app', '@libcuda.so.1', 'start_thread');
  expect(nextSteps(dump([waiter, thread(2, 'executor', { frames: callback })]))).toEqual([]);
  expect(nextSteps(dump([thread(1, 'main', { frames: frames('poll', 'main') })]))).toEqual([]);
});

it('an idle GPU runs no kernel: then it is something else', () => {
  const gpu = { index: 0, name: 'GPU', processes: [{ pid: 100 }] };
  const idle = [
    { ...gpu, busyPercent: 0 },
    { ...gpu, index: 1, busyPercent: 80, processes: [] },
  ];
  expect(nextSteps(dump([waiter]), idle)[0]).toMatch(/^No kernel runs/);
  expect(nextSteps(dump([waiter]), [{ ...gpu, busyPercent: 80 }])[0]).toMatch(/^cuda-gdb/);
});

it('on AMD it names the debugger of AMD', () => {
  const hip = frames('@libamdhip64.so.7', 'hipStreamSynchronize@libamdhip64.so.7', 'main@app');
  expect(nextSteps(dump([thread(1, 'main', { state: 'R', frames: hip })]))[0]).toMatch(/^rocgdb -p 100/);
});

it('a call that waits for nothing and does not return came after the one that is said to wait for it', () => {
  const byModel = (...args: Parameters<typeof line>) => ({ ...line(...args), byModel: true });
  const freeing = (waitingMs: number) =>
    buildGraph(
      dump(
        [thread(1, 'reaper'), thread(2, 'publisher', { wait: wait('mutex', '0xa', 1) })],
        [
          { ...byModel(1, 'reaper', ['runtime-lock:GIL'], 'driver-lock:C@1', 'cudaFree'), waitingMs },
          byModel(2, 'publisher', ['driver-lock:C@1']),
        ],
      ),
    ).graph;
  const { waits } = freeing(2000);
  expect(waits.get(1)).toMatchObject({ resource: 'device:idle@1', frame: 'cudaFree', evidence: 'inferred' });
  expect(waits.get(2)).toMatchObject({ resource: 'driver-lock:C@1' });
  expect(freeing(2000).holdersOf('driver-lock:C@1')).toMatchObject([{ tid: 1 }]);
  expect(freeing(5).waits.get(1)).toMatchObject({ resource: 'driver-lock:C@1' });
});

import { describe, expect, it } from 'vitest';
import { diagnose } from '../../src/diagnosis/diagnose.js';
import type { ProcessDump } from '../../src/diagnosis/process-dump.js';
import {
  abba,
  dump,
  earlier,
  frames,
  launchUnderGil,
  line,
  mutexThenGil,
  thread,
  threePartyJs,
  threePartyPython,
  unmapWaitsForever,
  wait,
} from './dumps.js';

const twice = (later: ProcessDump) => diagnose(later, earlier(later));

describe('deadlocks', () => {
  const table = [
    {
      shows: 'A1 on CPython',
      dump: threePartyPython(),
      family: 'gil-vs-cuda-driver',
      waits: ['driver-lock:W', 'device:idle', 'runtime-lock:GIL'],
      actors: ['entrant', 'launcher', 'host-function executor'],
    },
    {
      shows: 'A1 on Node',
      dump: threePartyJs(),
      family: 'js-thread-blocked',
      waits: ['driver-lock:W', 'device:idle', 'runtime-lock:JS thread'],
      actors: ['JS thread', 'launcher', 'host-function executor'],
    },
    {
      shows: 'A4, two parties',
      dump: launchUnderGil(),
      family: 'gil-vs-cuda-driver',
      waits: ['stream:1', 'runtime-lock:GIL'],
      actors: ['publisher', 'host-function executor'],
    },
    {
      shows: 'A7, a mutex and the GIL',
      dump: mutexThenGil(),
      family: 'gil-vs-native-mutex',
      waits: ['mutex:M', 'runtime-lock:GIL'],
      actors: ['B', 'A'],
    },
    {
      shows: 'AB-BA from owners in memory alone',
      dump: abba(),
      family: 'abba-mutex',
      waits: ['mutex:0xb', 'mutex:0xa'],
      actors: ['left', 'right'],
    },
    {
      shows: 'a host callback that calls the runtime',
      dump: dump(
        [],
        [
          line(1, 'launcher', ['driver-lock:C'], 'device:idle', 'cudaFree'),
          line(2, 'executor', ['device:idle'], 'driver-lock:C', 'cudaMalloc'),
        ],
      ),
      family: 'host-callback-calls-runtime',
      waits: ['device:idle', 'driver-lock:C'],
      actors: ['launcher', 'executor'],
    },
  ];

  it.each(table)('$shows', ({ dump: later, family, waits, actors }) => {
    const verdict = twice(later);
    expect(verdict).toMatchObject({ kind: 'deadlock', family, confidence: 0.99, unknowns: [] });
    expect(verdict.cycle.map((step) => step.waitsFor)).toEqual(waits);
    expect(verdict.cycle.map((step) => step.actor.name)).toEqual(actors);
    expect(verdict.cuts.length).toBeGreaterThan(0);
  });

  it('tells for each step what it holds, with evidence and the call', () => {
    const { cycle, summary } = twice(threePartyPython());
    expect(cycle[0]).toEqual({
      actor: { pid: 100, tid: 101, name: 'entrant' },
      holds: 'runtime-lock:GIL',
      holdsEvidence: 'read',
      waitsFor: 'driver-lock:W',
      waitsEvidence: 'read',
      frame: 'cudaEventRecord',
    });
    expect(cycle[1]?.holds).toBe('driver-lock:W');
    expect(summary).toBe(
      'cycle of 3: entrant (tid 101) holds the GIL and waits for the launch lock (W) of the driver; ' +
        'launcher (tid 102) holds the launch lock (W) of the driver and waits for the device to be idle; ' +
        'host-function executor (tid 103) keeps the device busy and waits for the GIL',
    );
  });

  it('lists everybody else as bystanders, waiters first', () => {
    const { bystanders } = twice(threePartyPython());
    expect(bystanders.map(({ actor, why, waitsFor }) => [actor.name, waitsFor, why])).toEqual([
      ['publisher', 'runtime-lock:GIL', 'waits for a lock of the cycle'],
      ['python3', undefined, 'idle'],
      ['idle-0', undefined, 'idle'],
    ]);
  });

  it('puts a thread that joins a member of the cycle behind the cycle', () => {
    const main = twice(abba()).bystanders[0];
    expect(main).toMatchObject({
      waitsFor: 'thread:101',
      why: 'waits for a thread that is stuck behind the cycle',
    });
  });

  it('finds a thread that waits for what it holds', () => {
    const verdict = twice(
      dump([
        thread(7, 'main', {
          wait: wait('mutex', '0xa', 7),
          frames: frames('futex_wait', 'pthread_mutex_lock', 'again'),
        }),
      ]),
    );
    expect(verdict).toMatchObject({ kind: 'deadlock', family: 'self-deadlock' });
    expect(verdict.summary).toBe('main (tid 7) waits for mutex 0xa, which it holds itself');
    expect(verdict.cycle[0]?.frame).toBe('again');
  });

  it('names a lock by the line of another waiter at the same address', () => {
    const later = dump(
      [
        thread(1, 'a', { wait: wait('mutex', '0xa', 2) }),
        thread(2, 'b', { wait: wait('mutex', '0xb', 1) }),
        thread(3, 'c', { wait: wait('mutex', '0xa', 2) }),
      ],
      [line(3, 'third', [], 'mutex:table', 'lookup')],
    );
    const verdict = twice(later);
    expect(verdict.cycle.map((step) => step.waitsFor)).toEqual(['mutex:table', 'mutex:0xb']);
    expect(verdict.bystanders[0]?.actor.name).toBe('third');
  });

  it('finds the cycle through any one of several holders', () => {
    const later = dump(
      [],
      [
        line(1, 'launcher', ['runtime-lock:GIL'], 'device:idle', 'cudaFree'),
        line(2, 'kernel thread', ['device:idle', 'stream:2']),
        line(3, 'executor', ['device:idle'], 'runtime-lock:GIL', 'host function'),
      ],
    );
    expect(twice(later).cycle.map((step) => step.actor.name)).toEqual(['launcher', 'executor']);
  });

  it('takes the shortest cycle of several through the same threads', () => {
    const later = dump(
      [],
      [
        line(1, 'a', ['mutex:1'], 'mutex:2'),
        line(2, 'b', ['mutex:2'], 'mutex:3'),
        line(3, 'c', ['mutex:3', 'mutex:2'], 'mutex:1'),
      ],
    );
    expect(twice(later).cycle.map((step) => step.actor.name)).toEqual(['a', 'c']);
  });

  it('says so when there are separate cycles', () => {
    const pair = (base: number, a: string, b: string) => [
      thread(base, 'x', { wait: wait('mutex', a, base + 1) }),
      thread(base + 1, 'y', { wait: wait('mutex', b, base) }),
    ];
    const verdict = twice(dump([...pair(1, '0xa', '0xb'), ...pair(3, '0xc', '0xd')]));
    expect(verdict.cycle.map((step) => step.actor.tid)).toEqual([1, 2]);
    expect(verdict.unknowns).toEqual(['There is one more cycle apart from this one.']);
  });

  it('reports a lock whose owner is gone', () => {
    const later = dump([
      thread(1, 'child', {
        wait: { kind: 'mutex', address: '0xa', ownerDead: true },
        frames: frames('futex_wait', 'malloc'),
      }),
    ]);
    expect(twice(later)).toMatchObject({
      kind: 'deadlock',
      family: 'fork-held-lock',
      cycle: [],
      summary: 'child (tid 1) waits for the lock of malloc, whose owner no longer exists',
    });
  });
});

describe('a chain to somebody who is gone', () => {
  it('is a deadlock of the process when the runtime lock is in it', () => {
    expect(twice(unmapWaitsForever(['runtime-lock:GIL']))).toMatchObject({
      kind: 'deadlock',
      family: 'gil-vs-cuda-driver',
      confidence: 0.9,
      cycle: [],
      chain: [
        { actor: { name: 'reaper' }, holds: 'runtime-lock:GIL', waitsFor: 'device:idle', frame: 'cudaFree' },
        { actor: { name: 'stream 5' }, holds: 'device:idle', waitsFor: 'gone:the client' },
      ],
      bystanders: [
        { actor: { name: 'publisher' }, why: 'waits for a thread that is stuck behind the chain' },
      ],
      summary:
        'nobody will end the last of these waits: reaper (tid 101) holds the GIL and waits for the device to be idle; ' +
        'stream 5 (tid 102) keeps the device busy and waits for the client, which is gone',
    });
  });

  it('blames the JS thread on Node', () => {
    const verdict = twice(unmapWaitsForever(['runtime-lock:JS thread']));
    expect(verdict).toMatchObject({ kind: 'deadlock', family: 'js-thread-blocked' });
  });

  it('is none as long as others go on', () => {
    const verdict = twice(unmapWaitsForever([]));
    expect(verdict.kind).not.toBe('deadlock');
    expect(verdict.chain).toBeUndefined();
    expect(verdict.summary).toContain('waits for the client, which is gone');
  });

  it('must be in both dumps', () => {
    const later = unmapWaitsForever(['runtime-lock:GIL']);
    expect(diagnose(later, earlier(unmapWaitsForever([])))).not.toMatchObject({ kind: 'deadlock' });
    expect(diagnose(later)).toMatchObject({ kind: 'deadlock', confidence: 0.65 });
  });
});

describe('evidence', () => {
  it('lowers the confidence for one dump', () => {
    const verdict = diagnose(threePartyPython());
    expect(verdict).toMatchObject({ kind: 'deadlock', confidence: 0.89 });
    expect(verdict.unknowns).toHaveLength(1);
  });

  it('believes memory when the lock lines name another owner, and says so', () => {
    const later = threePartyPython();
    const launcher = later.lockLines.find((lockLine) => lockLine.tid === 102);
    if (launcher) launcher.holds = ['driver-lock:C'];
    later.lockLines.push(line(105, 'idle-0', ['driver-lock:W']));
    const verdict = twice(later);
    expect(verdict.cycle.map((step) => step.actor.name)).toEqual([
      'entrant',
      'launcher',
      'host-function executor',
    ]);
    expect(verdict.confidence).toBe(0.89);
    expect(verdict.unknowns).toEqual([
      'The process says that idle-0 (tid 105) holds driver-lock:W, the lock word in memory says launcher (tid 102): memory is believed.',
    ]);
  });

  it('believes memory when a thread stands in another lock than it says', () => {
    const later = dump(
      [thread(1, 'a', { wait: wait('mutex', '0xa', 2) }), thread(2, 'b', { wait: wait('mutex', '0xb', 1) })],
      [line(1, 'launcher', [], 'device:idle', 'cudaFree')],
    );
    const verdict = twice(later);
    expect(verdict.cycle.map((step) => step.waitsFor)).toEqual(['mutex:0xa', 'mutex:0xb']);
    expect(verdict.unknowns[0]).toMatch(
      /^launcher \(tid 1\) says that it waits for device:idle, .* mutex:0xa: memory/,
    );
  });

  it('infers from frames what nobody tells, and is less sure', () => {
    const python = frames(
      '__futex_abstimed_wait',
      'pthread_rwlock_rdlock',
      '@libcuda.so.1',
      'cudaEventRecord',
      '_PyEval_EvalFrameDefault',
    );
    const later = dump([
      thread(1, 'worker', { wait: wait('rwlock-read', '0xa'), frames: python }),
      thread(2, 'loader', {
        state: 'R',
        frames: frames('@libcuda.so.1', 'cuLibraryGetModule@libcuda.so.1', 'cudaLaunchKernel'),
      }),
      thread(3, 'cuda', {
        wait: wait('condvar', '0xc'),
        frames: frames(
          'pthread_cond_timedwait',
          'take_gil',
          'PyGILState_Ensure',
          'runtime__HostFnFunc',
          '@libcuda.so.1',
        ),
      }),
    ]);
    const verdict = twice(later);
    expect(verdict).toMatchObject({ kind: 'deadlock', family: 'gil-vs-cuda-driver' });
    expect(verdict.cycle.map((step) => [step.actor.tid, step.waitsFor])).toEqual([
      [1, 'driver-lock:W'],
      [2, 'device:idle'],
      [3, 'runtime-lock:GIL'],
    ]);
    expect(verdict.cycle.every((step) => step.holdsEvidence === 'inferred')).toBe(true);
    expect(verdict.confidence).toBeLessThan(0.5);
  });

  it('does not guess the holder of the GIL when two threads could be it', () => {
    const blocked = frames('futex_wait', 'pthread_mutex_lock', 'cudaSetDevice', '_PyEval_EvalFrameDefault');
    const later = dump([
      thread(1, 'a', { wait: wait('mutex', '0xa', 3), frames: blocked }),
      thread(2, 'b', { wait: wait('mutex', '0xa', 3), frames: blocked }),
      thread(3, 'c', { frames: frames('pthread_cond_timedwait', 'take_gil') }),
    ]);
    expect(twice(later)).toMatchObject({ kind: 'unknown', cycle: [] });
  });
});

describe('two dumps that differ', () => {
  it('proves nothing when a wait of the cycle was not there before', () => {
    const later = threePartyPython();
    const before = earlier(later);
    const entrant = before.lockLines.find((lockLine) => lockLine.tid === 101);
    if (entrant) delete entrant.wants;
    before.threads = before.threads.map((each) => (each.tid === 101 ? thread(101, 'entrant') : each));
    const verdict = diagnose(later, before);
    expect(verdict).toMatchObject({ kind: 'unknown', family: 'gil-vs-cuda-driver' });
    expect(verdict.confidence).toBeLessThan(0.5);
    expect(verdict.unknowns).toEqual([
      'The dump before this one does not show the cycle: its threads may still be moving.',
    ]);
  });

  it('proves nothing when a wait began anew in between', () => {
    const later = threePartyPython();
    const before = earlier(later);
    const executor = before.lockLines.find((lockLine) => lockLine.tid === 103);
    if (executor) executor.waitingMs = 5000;
    expect(diagnose(later, before).kind).toBe('unknown');
  });
});

describe('no deadlock', () => {
  const later = (over: Partial<ReturnType<typeof thread>>) =>
    dump([thread(1, 'main', { cpuUs: 800_000, ...over })]);
  const sooner = (over: Partial<ReturnType<typeof thread>> = {}) =>
    earlier(dump([thread(1, 'main', { cpuUs: 0, ...over })]));

  it('busy: a thread used most of a core', () => {
    expect(diagnose(later({ state: 'R' }), sooner())).toMatchObject({
      kind: 'busy',
      family: 'none',
      summary: 'main (tid 1): uses the CPU',
    });
  });

  it('idle: nobody wants anything', () => {
    const idle = { cpuUs: 0, wait: wait('condvar') };
    expect(diagnose(later(idle), sooner(idle))).toMatchObject({ kind: 'idle', confidence: 0.9 });
  });

  it('waiting-external: a read that does not return', () => {
    const reading = { cpuUs: 0, wait: wait('read') };
    expect(diagnose(later(reading), sooner(reading))).toMatchObject({ kind: 'waiting-external' });
  });

  it('waiting-external: behind a lock whose holder waits for a child', () => {
    const threads = [
      thread(1, 'main', { wait: wait('mutex', '0xa', 2) }),
      thread(2, 'helper', { wait: wait('child') }),
    ];
    expect(twice(dump(threads)).kind).toBe('waiting-external');
  });

  it('unknown: waiters, and nobody known to hold what they want', () => {
    const verdict = twice(dump([], [line(2, 'launcher', ['driver-lock:W'], 'device:idle', 'cudaFree')]));
    expect(verdict).toMatchObject({ kind: 'unknown', family: 'none' });
    expect(verdict.summary).toBe(
      'one thread waits, and no cycle is visible: launcher (tid 2) waits for the device to be idle in cudaFree',
    );
    expect(verdict.bystanders[0]?.why).toBe('waits; who would let it go on is not known');
  });

  it('does not take idle workers of the runtime for waiters of the outside', () => {
    const loop = { wait: wait('poll'), frames: frames('epoll_pwait', 'uv__io_poll', 'uv_run') };
    expect(twice(dump([thread(1, 'node', loop)])).kind).toBe('idle');
  });

  it('repeats what the dump lacks', () => {
    const blind = dump([thread(1, 'main')], [], { lacks: ['No permission to read memory.'] });
    expect(twice(blind).unknowns).toContain('No permission to read memory.');
  });
});

/** jstack, Go, eu-stack, lldb, macOS' sample, Node's report, and our own documents. */
import { describe, expect, it } from 'vitest';
import { readDump } from '../../src/diagnosis/parsers/read-dump.js';
import type { ProcessDump } from '../../src/diagnosis/process-dump.js';
import { packageRoot } from '../../src/package-root.js';
import { document } from '../../src/report/json.js';
import { abba, threePartyJs, threePartyPython } from '../diagnosis/dumps.js';
import { fixtureText, lineAt, onlyDump, readFixture, sketch, threadOf, tidsOf } from './fixtures.js';

describe('jstack', () => {
  const text = fixtureText('jstack.txt');
  const dump = onlyDump(text);

  it('reads each thread once, though deadlocks print theirs again', () => {
    expect(dump).toMatchObject({ format: 'jstack', listsAllThreads: true, takenAt: '2026-11-20T19:47:00' });
    expect(dump.runtimeVersion).toMatch(/^OpenJDK .* 17\.0\.15/);
    expect(tidsOf(dump)).toHaveLength(new Set(tidsOf(dump)).size);
    expect(dump.notes).toContain('Found one Java-level deadlock');
  });

  it('reads monitors and synchronizers: who holds, who waits, and who owns what is waited for', () => {
    const [left, one] = [5977, 5980].map((tid) => threadOf(dump, tid));
    expect(left).toMatchObject({
      name: 'left-first',
      said: 'BLOCKED (on object monitor)',
      wait: { kind: 'mutex', address: '0x69ec19920', type: 'java.lang.Object', ownerTid: 5979 },
      holds: [{ kind: 'monitor', address: '0x69ec19910' }],
    });
    expect(one).toMatchObject({ wait: { ownerTid: 5981 }, holds: [{ kind: 'synchronizer' }] });
    expect(lineAt(text, left?.wait ?? {})).toContain('waiting to lock <0x000000069ec19920>');
  });

  it('tells a wait for a signal from a wait for a lock, and a running thread', () => {
    expect(dump.threads.find(({ name }) => name === 'consumer')?.wait?.kind).toBe('condvar');
    expect(dump.threads.find(({ name }) => name === 'spinner')).toMatchObject({ state: 'R' });
  });
});

describe('Go, on SIGQUIT', () => {
  const dump = onlyDump(fixtureText('go-sigquit.txt'));

  it('reads goroutines, what they wait for and for how long', () => {
    expect(dump).toMatchObject({ format: 'go', notes: ['SIGQUIT: quit'] });
    expect(tidsOf(dump)).toEqual([0, 1, 18, 19]);
    expect(threadOf(dump, 1)).toMatchObject({
      tidKind: 'goroutine',
      said: 'semacquire, 8 minutes',
      wait: { kind: 'mutex', address: '0xc0000140b0', waitingMs: 480_000 },
    });
    expect(sketch(threadOf(dump, 1))).toEqual([
      'sync.runtime_SemacquireMutex (sema.go:77)',
      'sync.(*Mutex).lockSlow (mutex.go:171)',
      'sync.(*Mutex).Lock (mutex.go:90)',
      'main.(*Store).Put (store.go:41)',
      'main.main (main.go:19)',
    ]);
  });

  it('keeps who started a goroutine apart from its stack', () => {
    expect(threadOf(dump, 18).createdBy).toBe('main.main in goroutine 1');
    expect(sketch(threadOf(dump, 18)).at(-1)).toBe('main.compact (compact.go:12)');
    expect(threadOf(dump, 18).stack).toBe('partial');
  });
});

describe('eu-stack', () => {
  it.each([
    ['', 'left_then_right'],
    ['-source', 'left_then_right (abba.c:14) [abba]'],
    ['-build-ids', 'left_then_right'],
  ])('eu-stack%s.txt', (suffix, frame) => {
    const dump = onlyDump(fixtureText(`eu-stack${suffix}.txt`));
    expect(dump).toMatchObject({ format: 'eu-stack', pid: 21912, listsAllThreads: true });
    expect(tidsOf(dump)).toEqual([21912, 21914, 21915, 21916, 21917, 21918]);
    expect(dump.threads.map((thread) => thread.wait?.kind)).toEqual([
      'join',
      'mutex',
      'mutex',
      'condvar',
      'semaphore',
      'rwlock-write',
    ]);
    expect(sketch(threadOf(dump, 21914))[2]).toBe(frame);
  });
});

describe('lldb', () => {
  it('bt all: threads by their number, modules, and a lock from the arguments', () => {
    const dump = onlyDump(fixtureText('lldb.txt'));
    expect(dump).toMatchObject({ format: 'lldb', pid: 812 });
    expect(dump.threads.map(({ tid, name, tidKind }) => [tid, name, tidKind])).toEqual([
      [1, 'cache', 'debugger'],
      [2, 'flusher', 'debugger'],
    ]);
    expect(threadOf(dump, 1).wait).toMatchObject({ kind: 'mutex', address: '0x555555558060' });
    expect(sketch(threadOf(dump, 1))[2]).toBe('demo::Store::put (store.cc:20) [cache]');
  });
});

describe("macOS' sample", () => {
  it('takes the path that most samples saw', () => {
    const dump = onlyDump(fixtureText('macos-sample.txt'));
    expect(dump).toMatchObject({ format: 'macos-sample', pid: 812 });
    expect(sketch(threadOf(dump, 9981)).slice(0, 3)).toEqual([
      '__psynch_mutexwait [libsystem_kernel.dylib]',
      '_pthread_mutex_firstfit_lock_slow [libsystem_pthread.dylib]',
      'demo::Store::put(char const*) (store.cc:20) [cache]',
    ]);
  });
});

describe("Node's diagnostic report", () => {
  const text = fixtureText('node-report.json');
  const dump = onlyDump(text);

  it('reads the main thread and the workers', () => {
    expect(dump).toMatchObject({ format: 'node-report', pid: 8651, runtimeVersion: 'Node v20.20.2' });
    expect(dump.threads.map((thread) => thread.name)).toEqual(['main', 'worker 1']);
    expect(sketch(threadOf(dump, 8651)).slice(0, 2)).toEqual([
      'Object.getReport (report:36)',
      'waitsForReport (report.js:9)',
    ]);
    expect(dump.notes).toContainEqual(expect.stringMatching(/^Report: JavaScript API, GetReport$/));
  });

  it('knows the line of every frame', () => {
    for (const frame of threadOf(dump, 8651).frames.filter(({ runtime }) => runtime === 'js')) {
      expect(lineAt(text, frame)).toContain(frame.function);
    }
  });

  it('says what such a report cannot show', () => {
    expect(dump.lacks).toEqual([expect.stringMatching(/shows the JavaScript threads only/)]);
  });
});

describe('kvtool dump --json', () => {
  /** What reading adds: lines of evidence, and that a live process lists all its threads. */
  function bare(dump: ProcessDump): unknown {
    const { listsAllThreads: _, ...rest } = dump;
    return JSON.parse(JSON.stringify(rest, (key, value) => (key === 'sourceLine' ? undefined : value)));
  }

  const everything: ProcessDump = {
    ...abba(),
    command: 'python3 -m server',
    tookUs: 9719.5,
    pausedUs: 0,
    lacks: ['No memory of thread 3.'],
    threads: [
      {
        tid: 1,
        name: 'main',
        state: 'S',
        cpuUs: 12,
        gil: 'waits',
        marks: ['gc', 'exiting'],
        syscall: { number: 202, name: 'futex', args: ['0x1', '0x80'], sp: '0x7f00', pc: '0x7f01' },
        wait: { kind: 'gil', address: '0x5560', ownerTid: 2, name: 'GIL', waitingMs: 2000 },
        frames: [
          {
            runtime: 'js',
            function: 'tick',
            file: '/a.js',
            line: 3,
            column: 9,
            tier: 'maglev',
            inlined: true,
          },
          { runtime: 'native', pc: '0x7f01', module: 'libc.so.6', args: 'mutex=0x1' },
        ],
        framesLeftOut: 4,
        stack: 'partial',
      },
      {
        tid: 2,
        name: 'worker',
        state: 'R',
        wait: { kind: 'python-rlock', address: '0x77', ownerTid: 9, ownerDead: true },
        holds: [{ kind: 'python-lock', address: '0x78', name: 'queue', ownerTid: 2 }],
        frames: [],
        stack: 'none',
      },
    ],
  };

  it.each([
    ['a mutex deadlock', abba()],
    ['three parties and Python', threePartyPython()],
    ['three parties and JavaScript', threePartyJs()],
    ['every field of a dump', everything],
  ])('reads back %s, alone, in a document and in a list', (_, dump) => {
    for (const shape of [
      dump,
      document('dump', 3, { dump }, []),
      { result: { processes: [{ dump }] } },
      [dump],
    ]) {
      for (const text of [JSON.stringify(shape), JSON.stringify(shape, undefined, 2)]) {
        expect(bare(onlyDump(text))).toEqual(bare(dump));
      }
    }
  });

  it('reads a real one, with the line of each thread', () => {
    const text = fixtureText('kvtool-dump.json');
    const dump = onlyDump(text);
    expect(dump).toMatchObject({ pid: 32346, command: 'abba', listsAllThreads: true });
    for (const thread of dump.threads) expect(lineAt(text, thread).trim()).toBe('{');
    expect(threadOf(dump, 32348).wait).toMatchObject({ kind: 'mutex', ownerTid: 32349 });
  });

  it('drops the innards of a very deep stack, and says how many frames', () => {
    const frames = Array.from({ length: 600 }, (_, at) => ({
      runtime: 'native' as const,
      function: `f${at}`,
    }));
    const [thread] = onlyDump(
      JSON.stringify({ ...everything, threads: [{ ...everything.threads[0], frames }] }),
    ).threads;
    expect(thread?.frames).toHaveLength(250);
    expect(thread?.framesLeftOut).toBe(350 + 4);
  });
});

describe('a package.json', () => {
  it('is no dump', () => {
    expect(readDump(JSON.stringify({ name: 'x', path: packageRoot, threads: [] })).dumps).toEqual([]);
  });
});

describe('several formats in one text', () => {
  it('are several processes', () => {
    const { dumps, formats } = readFixture('noisy-issue.md');
    expect(formats).toEqual(['py-spy', 'gdb']);
    expect(dumps.map(({ pid, sourceLine }) => [pid, sourceLine])).toEqual([
      [7, 6],
      [0, 19],
    ]);
  });
});

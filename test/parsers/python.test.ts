/** What Python itself and its tools print: pystack, faulthandler, tracebacks of sys._current_frames and pytest-timeout. */
import { describe, expect, it } from 'vitest';
import { readDump } from '../../src/diagnosis/parsers/read-dump.js';
import {
  fixtureDumps,
  fixtureText,
  lineAt,
  onlyDump,
  readFixture,
  sketch,
  threadOf,
  tidsOf,
} from './fixtures.js';

describe('pystack remote --native-all', () => {
  const dump = onlyDump(fixtureText('pystack-native.txt'));

  it('turns the stacks over: innermost first', () => {
    expect(sketch(threadOf(dump, 5120))).toEqual([
      'pthread_cond_timedwait (pthread_cond_wait.c:652) [libc.so.6]',
      'take_gil (ceval_gil.c:331) [python3.12]',
      'decode_chunk(unsigned char const*, unsigned long) [_decode.cpython-312-x86_64-linux-gnu.so]',
      'fetch (loader.py:41)',
      '_bootstrap (threading.py:1032)',
      'start_thread (pthread_create.c:447) [libc.so.6]',
      '__clone3 (clone3.S:78) [libc.so.6]',
    ]);
  });

  it('reads its marks of the GIL and of garbage collection', () => {
    expect(dump.threads.map(({ tid, gil, marks }) => [tid, gil, marks])).toEqual([
      [5120, 'waits', undefined],
      [5112, 'holds', ['gc']],
      [5130, undefined, undefined],
    ]);
    expect(threadOf(dump, 5130).stack).toBe('none');
  });
});

describe('pystack core --locals', () => {
  it('reads the process, and takes no variable for a frame', () => {
    const { dumps, skipped } = readFixture('pystack-core.txt');
    expect(dumps[0]).toMatchObject({ pid: 570, command: 'python3.8 job.py --shards 4' });
    expect(dumps[0]?.notes).toEqual(['The process died due receiving signal SIGABRT sent by pid 1']);
    expect(sketch(threadOf(dumps[0] ?? onlyDump(''), 570))).toEqual([
      'run (job.py:22)',
      '<module> (job.py:30)',
    ]);
    expect(skipped.reasons.map(({ reason, lines }) => [reason, lines])).toEqual([
      ['local variables and printed values', 6],
      ['source code', 2],
    ]);
  });
});

describe('faulthandler', () => {
  it.each([
    ['dump_traceback', 'faulthandler-now.txt', [140167097190080, 140167106534272], ['current']],
    ['dump_traceback_later', 'faulthandler-later.txt', [140120084637376, 140120096586624], undefined],
    ['a fatal error', 'faulthandler-fatal.txt', [140146797569728, 140146809514880], ['current', 'crashed']],
  ])('%s: threads by their pthread id, innermost first', (_, file, tids, marks) => {
    const dump = onlyDump(fixtureText(file));
    expect(dump.format).toBe('faulthandler');
    expect(tidsOf(dump)).toEqual(tids);
    expect(dump.threads.map((thread) => thread.tidKind)).toEqual(['pthread', 'pthread']);
    expect(sketch(threadOf(dump, tids[0] ?? 0))).toEqual([
      expect.stringMatching(/^wait \(threading\.py:\d+\)$/),
      expect.stringMatching(/^get \(queue\.py:\d+\)$/),
      'consume (fault.py:5)',
      expect.stringMatching(/^run \(/),
      expect.stringMatching(/^_bootstrap_inner \(/),
      expect.stringMatching(/^_bootstrap \(/),
    ]);
    const main = dump.threads.at(-1);
    expect([main?.name, main?.marks]).toEqual(['MainThread', marks]);
  });

  it('keeps what it says beside the stacks', () => {
    expect(onlyDump(fixtureText('faulthandler-later.txt')).notes).toEqual(['Timeout (0:00:00.500000)!']);
    expect(onlyDump(fixtureText('faulthandler-fatal.txt')).notes).toEqual([
      'Fatal Python error: Segmentation fault',
    ]);
  });

  it('of Python 3.14: thread names, no frames, garbage collection and the C stack', () => {
    const dump = onlyDump(fixtureText('faulthandler-3.14.txt'));
    expect(dump.threads.map((thread) => thread.name)).toEqual(['consumer', 'native', 'python']);
    expect(dump.threads[1]).toMatchObject({ frames: [], stack: 'none' });
    expect(dump.threads[2]?.marks).toEqual(['current', 'crashed', 'gc']);
    expect(sketch(dump.threads[2] ?? threadOf(dump, 0))).toEqual([
      '_Py_DumpStack [python3.14]',
      '0x7f31f085b050 [libc.so.6]',
      'gsignal [libc.so.6]',
      '0x421f2a [python3.14]',
      '<module> (jobs.py:30)',
    ]);
  });

  it('of several ranks in one log: one process each, though their lines alternate', () => {
    const dumps = fixtureDumps('noisy-ranks.txt');
    expect(dumps.map((dump) => [dump.label, sketch(dump.threads[0] ?? threadOf(dump, 0))[0]])).toEqual([
      ['rank0', 'all_reduce (train.py:40)'],
      ['rank1', 'broadcast (train.py:55)'],
    ]);
  });

  it("inside of Docker's JSON log", () => {
    expect(sketch(onlyDump(fixtureText('docker.jsonl')).threads[0] ?? threadOf(onlyDump(''), 0))).toEqual([
      'wait (app.py:3)',
      '<module> (app.py:9)',
    ]);
  });
});

describe('tracebacks', () => {
  it.each(['2.7', '3.13'])(
    'of sys._current_frames in Python %s: turned over, with names from their headings',
    (version) => {
      const text = fixtureText(`current-frames-${version}.txt`);
      const dump = onlyDump(text);
      expect(dump.threads.map((thread) => thread.name)).toEqual(['recurse', 'consume', 'MainThread']);
      const [recursing, consuming] = dump.threads;
      expect(recursing?.frames[0]).toMatchObject({ function: 'recurse', line: 19 });
      expect(recursing?.frames.at(-1)?.function).toMatch(/_bootstrap$/);
      expect(lineAt(text, consuming?.frames[0] ?? {})).toContain('in wait');
    },
  );

  it('count the repeated lines that Python leaves out', () => {
    expect(onlyDump(fixtureText('current-frames-3.13.txt')).threads[0]?.framesLeftOut).toBe(17);
  });

  it('of pytest-timeout, with calls that span several lines of source', () => {
    const dump = onlyDump(fixtureText('pytest-timeout.txt'));
    expect(dump.threads.map((thread) => [thread.name, sketch(thread)[0]])).toEqual([
      ['pool-reader', 'recv (pool.py:30)'],
      ['MainThread', 'join (pool.py:51)'],
    ]);
  });

  it('of an interrupt show where a thread stood; those of other exceptions show no wait', () => {
    const { dumps, skipped } = readFixture('keyboard-interrupt.txt');
    expect(dumps).toHaveLength(1);
    expect(dumps[0]?.threads).toHaveLength(1);
    expect(dumps[0]?.threads[0]).toMatchObject({
      marks: ['interrupted'],
      frames: [{ function: 'join' }, {}],
    });
    expect(skipped.reasons[0]?.reason).toBe('traceback of an exception, not of a waiting thread');
  });

  it('of an exception alone are no dump', () => {
    const exception = fixtureText('keyboard-interrupt.txt').split('\n').slice(0, 5).join('\n');
    expect(readDump(exception).dumps).toEqual([]);
  });
});

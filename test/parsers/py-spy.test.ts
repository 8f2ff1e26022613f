import { describe, expect, it } from 'vitest';
import { readDump } from '../../src/diagnosis/parsers/read-dump.js';
import { fixtureDumps, fixtureText, onlyDump, readFixture, sketch, threadOf, tidsOf } from './fixtures.js';

describe('py-spy dump --native', () => {
  const dump = onlyDump(fixtureText('py-spy-native.txt'));

  it('reads the process', () => {
    expect(dump).toMatchObject({
      format: 'py-spy',
      pid: 4711,
      command: '/opt/venv/bin/python3 -m cacheserver --port 7000 --workers 4',
      runtimeVersion: 'Python 3.12.7',
      listsAllThreads: true,
    });
    expect(tidsOf(dump)).toEqual([4711, 4720, 4721, 4722, 4723]);
  });

  it('reads Python, native and nameless frames, innermost first', () => {
    const worker = threadOf(dump, 4720);
    expect(sketch(worker).slice(0, 6)).toEqual([
      '0x7f10a3e98e30 [libc.so.6]',
      'pthread_mutex_lock [libc.so.6]',
      '0x7f10a2041dd4 [libcudart.so.12]',
      'cudaSetDevice [libcudart.so.12]',
      'set_device (__init__.py:399)',
      'load_block (blocks.py:88)',
    ]);
    expect(worker.frames.map((frame) => frame.runtime).slice(2, 6)).toEqual([
      'native',
      'native',
      'python',
      'python',
    ]);
    expect(worker).toMatchObject({ name: 'worker_0', state: 'S', wait: { kind: 'mutex' }, sourceLine: 12 });
  });

  it('keeps templates and lambdas whole', () => {
    expect(sketch(threadOf(dump, 4721)).slice(3, 5)).toEqual([
      'demo::copy_blocks<long, (Layout)2> [_copy.cpython-312-x86_64-linux-gnu.so]',
      'pybind11::cpp_function::initialize<void (*&)(at::Tensor&, int)>(void (*&)(at::Tensor&, int))::{lambda(pybind11::detail::function_call&)#3}::_FUN (pybind11.h:401)',
    ]);
  });

  it('tells a running thread from an idle one, and one without frames', () => {
    expect(threadOf(dump, 4721).state).toBe('R');
    expect(threadOf(dump, 4723)).toMatchObject({ state: 'S', frames: [], stack: 'none' });
  });
});

describe('py-spy dump --locals, of a parent and its child', () => {
  const { dumps, skipped } = readFixture('py-spy-locals.txt');

  it('reads both processes and counts the variables as skipped', () => {
    expect(dumps.map((dump) => [dump.pid, tidsOf(dump).length])).toEqual([
      [91, 2],
      [95, 1],
    ]);
    expect(skipped.reasons[0]).toEqual({
      reason: 'local variables and printed values',
      lines: 9,
      firstLine: 7,
    });
  });

  it('takes no value for a frame', () => {
    expect(sketch(threadOf(dumps[0] ?? onlyDump(''), 0x7f2b11a40740))).toEqual([
      'wait (threading.py:302)',
      'result (_base.py:440)',
      '<module> (train.py:7)',
    ]);
  });

  it('reads the mark of the GIL and pthread ids', () => {
    expect(dumps[0]?.threads[0]).toMatchObject({ gil: 'holds', said: 'active+gil', tidKind: 'pthread' });
  });
});

describe('py-spy dump --json', () => {
  const [dump] = fixtureDumps('py-spy.json');

  it('reads the same facts, with the line of each object', () => {
    expect(dump).toMatchObject({ format: 'py-spy-json', pid: 4711, command: 'python3 -m cacheserver' });
    expect(dump?.threads.map(({ tid, gil, state }) => [tid, gil, state])).toEqual([
      [4720, undefined, 'S'],
      [4711, 'holds', 'R'],
    ]);
    expect(dump?.threads[0]?.frames).toEqual([
      { runtime: 'native', function: 'pthread_mutex_lock', module: 'libc.so.6', sourceLine: 10 },
      { runtime: 'python', function: 'load_block', file: 'cacheserver/blocks.py', line: 88, sourceLine: 20 },
    ]);
  });

  it('reads what stands before a cut, and says so', () => {
    const text = fixtureText('py-spy.json').split('\n').slice(0, 24).join('\n');
    const { dumps, warnings } = readDump(text);
    expect(dumps[0]?.threads[0]?.frames).toHaveLength(2);
    expect(dumps[0]).toMatchObject({ lacks: ['The JSON document is cut off.'] });
    expect(dumps[0]?.listsAllThreads).toBeUndefined();
    expect(warnings).toEqual(['A JSON document is cut off; what stands before the cut was read.']);
  });

  it('takes no number for an id that cannot be one', () => {
    const odd = fixtureText('py-spy.json').replaceAll('"pid": 4711', '"pid": -1.5').replace('4720', '1e99');
    const { dumps } = readDump(odd);
    expect(dumps[0]?.pid).toBe(0);
    expect(dumps[0]?.threads[0]).toMatchObject({ tid: 139707871131456, tidKind: 'pthread' });
  });
});

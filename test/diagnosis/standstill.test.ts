import { describe, expect, test } from 'vitest';
import { diagnose } from '../../src/diagnosis/diagnose.js';
import type { Syscall, ThreadDump, ThreadWait } from '../../src/diagnosis/process-dump.js';
import { dump, thread, wait } from './dumps.js';

const privateWait = '0x189';
const sharedWait = '0x109';

function futex(operation: string, limit = '0x0', sp = '0x7f10'): Syscall {
  return { number: 202, name: 'futex', args: ['0x1000', operation, '0x0', limit], sp, pc: '0x1' };
}

function waiter(tid: number, kind: ThreadWait['kind'], syscall = futex(privateWait)): ThreadDump {
  return thread(tid, `t${tid}`, {
    wait: wait(kind, `0x${tid}000`),
    syscall,
    rung: 'no-stop',
    stack: 'complete',
  });
}

const joiner = thread(1, 'main', {
  wait: wait('join', '0x1', 2),
  syscall: futex(sharedWait),
  rung: 'no-stop',
  stack: 'complete',
});

describe('a lost wake-up', () => {
  test('every thread waits for another one', () => {
    const verdict = diagnose(dump([joiner, waiter(2, 'condvar'), waiter(3, 'semaphore')]));
    expect(verdict).toMatchObject({ kind: 'deadlock', family: 'lost-wakeup', confidence: 0.7 });
    expect(verdict.cuts).not.toEqual([]);
  });

  test('the same twice is surer', () => {
    const threads = [joiner, waiter(2, 'condvar')];
    expect(diagnose(dump(threads), dump(threads)).confidence).toBe(0.95);
  });

  test.each([
    ['a time limit', waiter(2, 'condvar', futex(privateWait, '0x7f00'))],
    ['another process can wake it', waiter(2, 'semaphore', futex(sharedWait))],
    ['input', thread(2, 'reader', { wait: wait('poll'), rung: 'no-stop' })],
    ['a timer', thread(2, 'sleeper', { wait: wait('sleep'), rung: 'no-stop' })],
    ['one runs', thread(2, 'worker', { state: 'R', rung: 'stopped' })],
    ['a signal may come (pause)', thread(2, 'sleeper', { wait: wait('other'), rung: 'no-stop' })],
  ])('none where %s', (_, other) => {
    expect(diagnose(dump([joiner, other])).family).not.toBe('lost-wakeup');
  });

  test('none where somebody moved between two looks', () => {
    const now = dump([joiner, waiter(2, 'condvar')]);
    const before = dump([joiner, waiter(2, 'condvar', futex(privateWait, '0x0', '0x7f90'))]);
    expect(diagnose(now, before).family).not.toBe('lost-wakeup');
  });
});

test('a copy of its parent that waits for a lock: the owner stayed behind', () => {
  const verdict = diagnose(dump([waiter(2, 'python-lock')], [], { forkedFrom: 9 }));
  expect(verdict).toMatchObject({ kind: 'deadlock', family: 'fork-held-lock' });
  expect(verdict.summary).toContain('forked from process 9');
});

test('the only thread of its process waits for a lock', () => {
  const verdict = diagnose(dump([waiter(2, 'python-lock')]));
  expect(verdict).toMatchObject({ kind: 'deadlock', family: 'fork-held-lock' });
  expect(verdict.summary).toContain('the only thread of its process');
});

test('of a process that may not be read nothing is claimed', () => {
  const verdict = diagnose(dump([thread(1, 'main'), thread(2, 'other')]));
  expect(verdict).toMatchObject({ kind: 'unknown', confidence: 0 });
});

test('a thread that is always ready but gets no core is busy, not idle', () => {
  const spins = (cpuUs: number) => [thread(1, 'spin', { state: 'R', cpuUs, rung: 'stopped' })];
  const before = dump(spins(1000), [], { takenAt: '2026-11-20T18:00:00.000Z' });
  expect(diagnose(dump(spins(11_000)), before).kind).toBe('busy');
});

import { expect, test } from 'vitest';
import { dumpUntil, isDeadlock, startPython } from './target.js';

test.each([
  ['abba-locks.py', 'a lock taken by with'],
  ['rlock-abba.py', 'a recursive lock'],
])('%s: %s', async (name) => {
  const { pid, facts } = await startPython(name);
  const { report } = await dumpUntil(isDeadlock, String(pid));
  const of = (word: string) =>
    facts.filter(([first]) => first === word).map(([, tid, lock]) => [Number(tid), lock]);
  const { cycle, family } = report.verdict;
  expect(family).toBe('abba-mutex');
  expect(cycle).toHaveLength(2);
  for (const { actor, holds, waitsFor, holdsEvidence } of cycle) {
    expect(of('holds')).toContainEqual([actor.tid, holds.replace('python-lock:', '')]);
    expect(of('wants')).toContainEqual([actor.tid, waitsFor.replace('python-lock:', '')]);
    expect(holdsEvidence).toBe('read');
  }
});

test('who takes a lock by with twice', async () => {
  const { pid, facts } = await startPython('rlock.py');
  const { report } = await dumpUntil(isDeadlock, String(pid));
  const [, tid, lock] = facts.find(([first]) => first === 'private') ?? [];
  expect(report.verdict).toMatchObject({ family: 'self-deadlock' });
  expect(report.verdict.cycle).toMatchObject([{ actor: { tid: Number(tid) }, holds: `python-lock:${lock}` }]);
});

test('the GIL against a mutex of C', async () => {
  const { pid, facts, tell } = await startPython('gil-vs-mutex.py');
  // A byte that comes before the main thread is blocked closes no circle: the other thread would read again.
  await dumpUntil(({ dumps }) => {
    const main = dumps[0]?.threads.find(({ tid }) => tid === pid);
    return main?.wait?.kind === 'mutex';
  }, String(pid));
  tell('x');
  const { report, exitCode } = await dumpUntil(isDeadlock, String(pid));
  const holder = facts.find(([first]) => first === 'holder') ?? [];
  const keeper = facts.find(([first]) => first === 'keeper') ?? [];
  expect(report.verdict.family).toBe('gil-vs-native-mutex');
  expect(exitCode).toBe(3);
  const mutex = `mutex:${holder[2]}`;
  expect(report.verdict.cycle).toMatchObject([
    { actor: { tid: Number(holder[1]) }, holds: 'runtime-lock:GIL', waitsFor: mutex },
    { actor: { tid: Number(keeper[1]) }, holds: mutex, waitsFor: 'runtime-lock:GIL' },
  ]);
  const files = report.dumps[0]?.threads.flatMap(({ frames }) =>
    frames.filter(({ runtime }) => runtime === 'python'),
  );
  expect(files?.every(({ line }) => (line ?? 0) > 0)).toBe(true);
});

test('an event that nobody will set', async () => {
  const { pid, facts } = await startPython('lost-wakeup.py');
  const { report } = await dumpUntil(isDeadlock, String(pid));
  expect(report.verdict).toMatchObject({ family: 'lost-wakeup', cycle: [] });
  expect(report.verdict.summary).toContain(`(tid ${facts[0]?.[1]}) waits for a condition variable`);
});

test('a fork took a threading.Lock along whose owner stayed behind', async () => {
  const { facts } = await startPython('fork-held.py');
  const { report } = await dumpUntil(isDeadlock, facts[0]?.[1] ?? '');
  expect(report.verdict).toMatchObject({ family: 'fork-held-lock' });
});

import { expect, test } from 'vitest';
import { dump, dumpUntil, isDeadlock, startProgram, statusLine } from './target.js';

/** Words of a fact: a name, which may have blanks, the thread, and what it has. */
function party(fact: string[]) {
  return { tid: Number(fact.at(-2)), address: fact.at(-1) ?? '' };
}

test.each([
  ['abba', 'abba-mutex', 2],
  ['three-cycle', 'abba-mutex', 3],
  ['rwlock-abba', 'abba-mutex', 2],
  ['self-deadlock', 'self-deadlock', 1],
])('%s: every party of the cycle and what it has', async (name, family, parties) => {
  const { pid, facts } = await startProgram(name);
  const { report, exitCode } = await dumpUntil(isDeadlock, String(pid));
  const { verdict } = report;
  expect(verdict).toMatchObject({ kind: 'deadlock', family });
  expect(exitCode).toBe(3);
  const known = facts.map(party);
  expect(verdict.cycle).toHaveLength(parties);
  for (const [at, step] of verdict.cycle.entries()) {
    const { address } = known.find(({ tid }) => tid === step.actor.tid) ?? {};
    expect(step).toMatchObject({ holdsEvidence: 'read', waitsEvidence: 'read', actor: { pid } });
    expect(step.holds).toMatch(new RegExp(`:${address}$`));
    expect(step.waitsFor).toBe(verdict.cycle[(at + 1) % parties]?.holds);
  }
  expect(await statusLine(pid, 'TracerPid')).toBe('0');
  expect(await statusLine(pid, 'State')).toMatch(/^S/);
});

test('a join: who joins has what the other wants', async () => {
  const { pid, facts } = await startProgram('joins-under-lock');
  const { report } = await dumpUntil(isDeadlock, String(pid));
  const worker = Number(facts.find(([who]) => who === 'worker')?.[1]);
  const address = facts.find(([who]) => who === 'joiner')?.[2];
  expect(report.verdict.cycle).toMatchObject([
    { actor: { tid: pid }, holds: `mutex:${address}`, waitsFor: `thread:${worker}` },
    { actor: { tid: worker }, holds: `thread:${worker}`, waitsFor: `mutex:${address}` },
  ]);
});

test('an owner that is gone', async () => {
  const { pid, facts } = await startProgram('dead-owner');
  const { report } = await dumpUntil(isDeadlock, String(pid));
  const [, tid, address] = facts[0] ?? [];
  expect(report.verdict.summary).toMatch(
    new RegExp(`waiter \\(tid ${tid}\\) waits for mutex ${address}, whose owner no longer exists`),
  );
});

test('a lost wake-up: all wait and none holds anything', async () => {
  const { pid, facts } = await startProgram('lost-wakeup');
  const { report, exitCode } = await dumpUntil(isDeadlock, String(pid));
  expect(report.verdict).toMatchObject({ family: 'lost-wakeup', cycle: [] });
  expect(report.verdict.summary).toContain(`consumer (tid ${facts[0]?.[1]}) waits for a condition variable`);
  expect(exitCode).toBe(3);
  const { report: twice } = await dump(String(pid), '--samples', '2', '--interval', '50ms');
  expect(twice.verdict.confidence).toBeGreaterThan(report.verdict.confidence);
});

test('a fork took a lock along whose owner stayed behind', async () => {
  const { pid, facts } = await startProgram('fork-held');
  const child = facts[0]?.[1] ?? '';
  const { report } = await dumpUntil(isDeadlock, child);
  expect(report.verdict).toMatchObject({ kind: 'deadlock', family: 'fork-held-lock' });
  expect(report.dumps[0]?.forkedFrom).toBe(pid);
  const { report: tree } = await dump(String(pid), '--tree');
  expect(tree.verdict).toMatchObject({ kind: 'deadlock', family: 'fork-held-lock' });
  expect(tree.processes.map((process) => process.pid)).toEqual([pid, Number(child)]);
});

test('a loop is busy, and was stopped alone for a moment', async () => {
  const { pid } = await startProgram('spinner');
  const { report, exitCode } = await dump(String(pid), '--samples', '2', '--interval', '300ms');
  expect(report.verdict).toMatchObject({ kind: 'busy', confidence: 0.9 });
  expect(report.processes[0]?.rungs).toMatchObject({ stopped: expect.any(Number) });
  expect(report.processes[0]?.pausedUs).toBeGreaterThan(0);
  expect(exitCode).toBe(0);
});

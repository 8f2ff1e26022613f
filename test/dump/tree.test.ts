import { expect, test } from 'vitest';
import Dump from '../../src/commands/dump.js';
import type { DumpReport } from '../../src/report/dump-report.js';
import { run } from '../commands/run.js';
import { dump, dumpUntil, isDeadlock, startProgram } from './target.js';

test('two processes that take two shared mutexes in opposite orders', async () => {
  const { pid, facts } = await startProgram('shared-abba');
  const child = Number(facts.find(([who]) => who === 'child')?.[1]);
  const { report, exitCode } = await dumpUntil(isDeadlock, String(pid), '--tree');
  expect(exitCode).toBe(3);
  expect(report.verdict.family).toBe('abba-mutex');
  const parties = report.verdict.cycle.map(({ actor }) => [actor.pid, actor.tid, actor.name]);
  expect(parties).toEqual([
    [pid, pid, 'parent'],
    [child, child, 'child'],
  ]);
  const [one, other] = report.verdict.cycle;
  expect(one?.waitsFor).toBe(other?.holds);
  expect(other?.waitsFor).toBe(one?.holds);
  expect(one?.holds).not.toBe(other?.holds);
  expect(report.verdict.unknowns.join()).not.toMatch(/shared between processes/);
  // The same from two PIDs, and lasting.
  const both = await dump(String(pid), String(child), '--samples', '2', '--interval', '20ms');
  expect(both.report.verdict).toMatchObject({ kind: 'deadlock', confidence: 0.99 });
});

test('one of the two says in which process the owner is', async () => {
  const { pid, facts } = await startProgram('shared-abba');
  const child = facts.find(([who]) => who === 'child')?.[1];
  const says = new RegExp(`thread ${child} of process ${child} has it`);
  const { report, exitCode } = await dumpUntil(
    ({ verdict }) => says.test(verdict.unknowns.join()),
    String(pid),
  );
  expect(report.verdict.unknowns.join()).toMatch(says);
  expect(report.verdict.kind).toBe('unknown');
  expect(exitCode).toBe(5);
});

test('a parent that waits for a child that wants what the parent has', async () => {
  const { pid, facts } = await startProgram('waits-for-child');
  const child = Number(facts.find(([who]) => who === 'child')?.[1]);
  const { report } = await dumpUntil(isDeadlock, String(pid), '--tree');
  const [parent, other] = report.verdict.cycle;
  expect(parent).toMatchObject({ actor: { pid }, waitsFor: `process:${child}`, waitsEvidence: 'read' });
  expect(other).toMatchObject({ actor: { pid: child }, holds: `process:${child}`, waitsFor: parent?.holds });
});

test.each([
  ['full', 'process:', /^pipe:room in pipe:\[\d+\]$/],
  ['answers', /^pipe:data in/, /^pipe:data in/],
])('two processes and their pipes: %s', async (what, parentWaits, childWaits) => {
  const { pid, facts } = await startProgram('pipe-and-child', what);
  const child = Number(facts.find(([who]) => who === 'child')?.[1]);
  const { report } = await dumpUntil(isDeadlock, String(pid), '--tree');
  const of = (process: number) => report.verdict.cycle.find(({ actor }) => actor.pid === process);
  expect(report.verdict.cycle).toHaveLength(2);
  expect(of(pid)).toMatchObject({ waitsFor: expect.stringMatching(parentWaits), waitsEvidence: 'read' });
  expect(of(child)).toMatchObject({ waitsFor: expect.stringMatching(childWaits), waitsEvidence: 'read' });
  expect(of(child)?.holdsEvidence).toBe('inferred');
  expect(report.verdict.cuts[0]).toMatch(/communicate/);
  const { stdout } = await run(Dump, [String(pid), '--tree']);
  expect(stdout).toMatch(/waits for (room|data) in pipe:\[\d+\], whose other end process \d+ has \[read\]/);
});

test('a pipe whose other end its reader has as well: nobody is named', async () => {
  const { pid } = await startProgram('pipe-and-child', 'both-ends');
  const reads = ({ dumps }: DumpReport) =>
    dumps.length === 2 && dumps.every(({ threads }) => threads.every(({ wait }) => wait?.kind === 'read'));
  const { report } = await dumpUntil(reads, String(pid), '--tree');
  expect(report.verdict).toMatchObject({ kind: 'waiting-external', cycle: [] });
  const waits = report.dumps.flatMap(({ threads }) => threads.map(({ wait }) => wait?.pipe?.others.length));
  expect(waits.sort()).toEqual([1, 2]);
});

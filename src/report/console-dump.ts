/** What `kvtool dump` prints: the verdict and the cycle first, then everything it rests on. */
import type { ProcessDump } from '../diagnosis/process-dump.js';
import { sayFirst } from '../diagnosis/say-first.js';
import type { Style } from './colour.js';
import { folded, numbered, sayVerdict, section } from './console-explain.js';
import { drawCycle } from './cycle-drawing.js';
import type { DumpedProcess, DumpReport } from './dump-report.js';
import { count, sayDuration } from './format.js';
import { gpuLines } from './gpu-lines.js';
import { lockRows } from './lock-table.js';
import { groupStacks, sayQuality, sayThreads, sayWait, stackLines } from './stack-groups.js';
import { table } from './table.js';
import { indent } from './text.js';
import { shortVerdict } from './verdict-head.js';

export function consoleDump(
  { verdict, processes, dumps, gpu, next, warnings }: DumpReport,
  style: Style,
): string {
  const { bold, yellow } = style.paint;
  const parts = [sayVerdict(verdict, style)];
  if (verdict.cycle.length > 0) parts.push(indent(drawCycle(verdict.cycle, style)));
  if (verdict.cuts.length > 0) parts.push(section(bold('where to cut'), numbered(verdict.cuts)));
  if (next.length > 0) parts.push(section(bold('run next'), numbered(next)));
  for (const process of processes) {
    const last = dumps.findLast((dump) => dump.pid === process.pid);
    if (last !== undefined) parts.push(...processParts(process, last, processes.length > 1, style));
  }
  if (gpu !== undefined) parts.push(section(bold('gpu'), gpuLines(gpu)));
  if (verdict.unknowns.length > 0)
    parts.push(section(bold('what is missing'), numbered(folded(verdict.unknowns))));
  parts.push(section(bold('how it was read'), processes.map(sayReading)));
  for (const warning of warnings) parts.push(`${yellow('warning')}  ${warning}`);
  return parts.join('\n\n');
}

function processParts(
  process: DumpedProcess,
  dump: ProcessDump,
  isOneOfSeveral: boolean,
  { paint: { bold } }: Style,
): string[] {
  const { pid, command, summary } = process;
  const parts: string[] = [];
  if (isOneOfSeveral) {
    parts.push(`${bold(`process ${pid}`)}  ${command}: ${shortVerdict(process)}\n${indent(summary)}`);
  }
  const groups = groupStacks(dump.threads);
  const title = `${bold('threads')} (${dump.threads.length}, ${count(groups.length, 'different stack')})`;
  const stacks = groups.map((group) => {
    const [thread] = group.threads;
    const wait = sayWait(thread, dump);
    const lines = [...(wait === undefined ? [] : [wait]), sayQuality(thread), ...stackLines(thread)];
    return `${sayThreads(group)}\n${indent(lines.join('\n'))}`;
  });
  parts.push(section(title, [stacks.join('\n\n')]));
  const rows = lockRows(dump);
  if (rows.length > 0) parts.push(section(bold('locks'), [table(lockColumns, rows.map(lockCells))]));
  return parts;
}

const lockColumns = [{ title: 'lock' }, { title: 'owner' }, { title: 'wanted by' }];
/** How many waiters a cell has room for. */
const namedWaiters = 4;

function lockCells({ lock, owner, waiters }: ReturnType<typeof lockRows>[number]): string[] {
  return [lock, owner, sayFirst(waiters, namedWaiters, (name) => name) || '-'];
}

/** e.g. `process 7 (python3): 12 threads not stopped, 1 stopped alone, for 96 µs at most; 13 stacks exact; 31 ms`. */
export function sayReading(process: DumpedProcess): string {
  const { pid, command, threads, rungs, accuracies, pausedUs, tookUs, samples } = process;
  const ways = {
    'no-stop': 'not stopped',
    stopped: 'stopped alone',
    frozen: 'stopped together',
    core: 'from a core file',
  };
  const looked = Object.entries(ways).flatMap(([rung, say]) => {
    const amount = rungs[rung as keyof typeof ways];
    return amount === undefined ? [] : [`${amount} ${say}`];
  });
  const pause = pausedUs === 0 ? 'no pause' : `longest pause ${sayDuration(pausedUs / 1000)}`;
  const stacks = Object.entries(accuracies).map(([accuracy, amount]) => `${amount} ${accuracy}`);
  const parts = [
    looked.join(', ') || 'no thread could be read',
    pause,
    ...(stacks.length > 0 ? [`stacks: ${stacks.join(', ')}`] : []),
    `took ${sayDuration(tookUs / 1000)}`,
    ...(samples > 1 ? [`${samples} samples`] : []),
  ];
  return `process ${pid} (${command}), ${count(threads, 'thread')}: ${parts.join('; ')}`;
}

/** Everything that one or several texts contain: processes, samples of them, ranks of one job. */
import { diagnose } from './diagnose.js';
import type { ProcessDump } from './process-dump.js';
import { ranksVerdict } from './ranks.js';
import { treeVerdict } from './tree.js';
import type { Verdict, VerdictKind } from './verdict.js';

export interface DiagnosedProcess {
  /** Oldest first. */
  samples: ProcessDump[];
  verdict: Verdict;
}

export interface Diagnosis {
  /** Of all processes together: the one that people have to act on. */
  verdict: Verdict;
  processes: DiagnosedProcess[];
}

/** What to report first when processes differ; an `unknown` with a likely family says more than one without. */
const weight: Readonly<Record<VerdictKind, number>> = {
  deadlock: 10,
  livelock: 9,
  starvation: 8,
  crashed: 7,
  violation: 6.5,
  unknown: 3,
  busy: 4,
  'waiting-external': 3.5,
  idle: 2,
  ok: 1,
};

export function diagnoseDumps(dumps: readonly ProcessDump[]): Diagnosis {
  const processes = processesOf(dumps).map((samples) => ({ samples, verdict: diagnoseSamples(samples) }));
  const ranks = ranksVerdict(
    processes.flatMap(({ samples }) => samples.at(-1) ?? []),
    processes.every(({ samples }) => samples.length > 1 && standsStill(samples)),
  );
  const worst = processes.reduce<Verdict | undefined>((best, { verdict }) => {
    return best === undefined || weighOf(verdict) > weighOf(best) ? verdict : best;
  }, undefined);
  const tree = treeVerdict(processes.map(({ samples }) => samples));
  const verdict = pick(pick(worst, tree), ranks);
  return {
    verdict:
      processes.length > 1 && verdict !== ranks && verdict !== tree
        ? withOthers(verdict, processes)
        : verdict,
    processes,
  };
}

function diagnoseSamples(samples: readonly ProcessDump[]): Verdict {
  const [first, last] = [samples[0], samples.at(-1)];
  if (last === undefined) throw new Error('a process without a sample');
  return first === last ? diagnose(last) : diagnose(last, first);
}

/** All together tell more than any one of them does, unless one of them is deadlocked by itself. */
function pick(worst: Verdict | undefined, all: Verdict | undefined): Verdict {
  if (worst === undefined) throw new Error('no process to diagnose');
  if (all === undefined) return worst;
  return worst.kind === 'deadlock' && worst.confidence >= all.confidence ? worst : all;
}

function weighOf({ kind, family, confidence }: Verdict): number {
  const isLikely = kind === 'unknown' && family !== 'none';
  return (isLikely ? 6 : weight[kind]) + confidence / 2;
}

function withOthers(verdict: Verdict, processes: readonly DiagnosedProcess[]): Verdict {
  const others = processes.filter((each) => each.verdict !== verdict).length;
  const note = `${others} more ${others === 1 ? 'process is' : 'processes are'} in the text; this is the one that says most.`;
  return others === 0 ? verdict : { ...verdict, unknowns: [...verdict.unknowns, note] };
}

/** Two dumps are samples of one process when they tell the same pid, or list the same threads. */
function processesOf(dumps: readonly ProcessDump[]): ProcessDump[][] {
  const processes: ProcessDump[][] = [];
  const byKey = new Map<string, ProcessDump[]>();
  for (const [index, dump] of dumps.entries()) {
    const key = keyOf(dump, index);
    const samples = byKey.get(key);
    if (samples !== undefined && isSameProcess(samples.at(-1), dump)) {
      samples.push(dump);
      continue;
    }
    const process = [dump];
    processes.push(process);
    byKey.set(key, process);
  }
  return processes;
}

function keyOf({ pid, threads }: ProcessDump, index: number): string {
  if (pid > 0) return `pid ${pid}`;
  const named = threads.filter((thread) => thread.tidKind !== 'ordinal');
  // Stacks that only have a number of ours could be anybody's.
  if (named.length === 0) return `text ${index}`;
  return `threads ${named
    .map((thread) => thread.tid)
    .sort((a, b) => a - b)
    .join(' ')}`;
}

/** Containers give their first process the same pid: another rank or pod is another process. */
function isSameProcess(one: ProcessDump | undefined, other: ProcessDump): boolean {
  if (one === undefined) return false;
  const names = /\b(rank|pod|node|host|worker|gpu|tp|pp|dp)[\s_-]?\d/i;
  const areNamed = names.test(one.label ?? '') && names.test(other.label ?? '');
  return !areNamed || one.label === other.label;
}

function standsStill(samples: readonly ProcessDump[]): boolean {
  const stacks = samples.map((dump) =>
    dump.threads
      .map((thread) => thread.frames.map((frame) => `${frame.function}:${frame.line}`).join(' '))
      .join('\n'),
  );
  return new Set(stacks).size === 1;
}

/** What `kvtool dump` found: the one report that its outputs are functions of. */
import type { DiagnosedProcess, Diagnosis } from '../diagnosis/diagnose-dumps.js';
import type { GpuThread } from '../diagnosis/gpu-threads.js';
import type { Gpu } from '../diagnosis/gpus.js';
import type { ProcessDump, ThreadDump } from '../diagnosis/process-dump.js';
import type { Verdict } from '../diagnosis/verdict.js';

export interface DumpReport {
  schemaVersion: 1;
  command: 'dump';
  /** Of all processes together: the one that people have to act on. */
  verdict: Verdict;
  processes: DumpedProcess[];
  /** Everything that was read: all processes, of each all samples, oldest first. */
  dumps: ProcessDump[];
  /** Only where a thread stands in a GPU's libraries. */
  gpu?: DumpedGpu;
  /** What to run next, where this dump comes to its end. */
  next: string[];
  exitCode: number;
  warnings: string[];
}

export interface DumpedGpu {
  threads: DumpedGpuThread[];
  /** Of this machine; empty for a core file. */
  devices: Gpu[];
  /** Why nothing is known of the devices, one sentence. */
  lack?: string;
}

export type DumpedGpuThread = GpuThread & { pid: number };

/** Who a process is, as its owner sees it. */
export interface Identity {
  pid: number;
  commandLine: readonly string[];
  environment: Readonly<Record<string, string>>;
  /** Both as they are; otherwise only what can hold no secret. */
  isFull: boolean;
}

export interface DumpedProcess {
  pid: number;
  command: string;
  /** Arguments; all but the program are `***` without --full. Absent for a core file. */
  commandLine?: string[];
  /** Variables; their values are `***` without --full. */
  environment?: Record<string, string>;
  samples: number;
  kind: Verdict['kind'];
  family: Verdict['family'];
  confidence: number;
  summary: string;
  threads: number;
  /** How many threads were looked at in which way, of the newest sample. */
  rungs: Partial<Record<NonNullable<ThreadDump['rung']>, number>>;
  /** How many stacks are known how well. */
  accuracies: Partial<Record<NonNullable<ThreadDump['accuracy']>, number>>;
  /** Longest time that any of its threads was stopped, of all samples, microseconds. */
  pausedUs: number;
  /** Time inside of the snapshot tool, of the newest sample, microseconds. */
  tookUs: number;
}

/** Stands for what --full shows. */
const hidden = '***';

export function dumpReport(
  { verdict, processes }: Diagnosis,
  dumps: readonly ProcessDump[],
  identities: readonly Identity[],
  { gpu, next, exitCode, warnings }: Pick<DumpReport, 'gpu' | 'next' | 'exitCode' | 'warnings'>,
): DumpReport {
  return {
    schemaVersion: 1,
    command: 'dump',
    verdict,
    processes: processes.map((process) => dumpedProcess(process, identities)),
    dumps: [...dumps],
    ...(gpu === undefined ? {} : { gpu }),
    next,
    exitCode,
    warnings,
  };
}

function dumpedProcess(
  { samples, verdict }: DiagnosedProcess,
  identities: readonly Identity[],
): DumpedProcess {
  const last = samples.at(-1);
  if (last === undefined) throw new Error('a process without a sample');
  const identity = identities.find(({ pid }) => pid === last.pid);
  const { kind, family, confidence, summary } = verdict;
  return {
    pid: last.pid,
    command: last.command ?? '',
    ...(identity === undefined ? {} : shown(identity)),
    samples: samples.length,
    ...{ kind, family, confidence, summary },
    threads: last.threads.length,
    rungs: countBy(last.threads, (thread) => thread.rung),
    accuracies: countBy(last.threads, (thread) => thread.accuracy),
    pausedUs: Math.max(...samples.map((sample) => sample.pausedUs ?? 0)),
    tookUs: last.tookUs ?? 0,
  };
}

function shown({
  commandLine,
  environment,
  isFull,
}: Identity): Pick<DumpedProcess, 'commandLine' | 'environment'> {
  return {
    commandLine: commandLine.map((word, at) => (isFull || at === 0 ? word : hidden)),
    environment: Object.fromEntries(
      Object.entries(environment).map(([name, value]) => [name, isFull ? value : hidden]),
    ),
  };
}

function countBy<Key extends string>(
  threads: readonly ThreadDump[],
  keyOf: (thread: ThreadDump) => Key | undefined,
): Partial<Record<Key, number>> {
  const counts: Partial<Record<Key, number>> = {};
  for (const thread of threads) {
    const key = keyOf(thread);
    if (key !== undefined) counts[key] = (counts[key] ?? 0) + 1;
  }
  return counts;
}

/** What `kvtool explain` found: the one report that its outputs are functions of. */
import { activityOf } from '../diagnosis/activity.js';
import type { DiagnosedProcess, Diagnosis } from '../diagnosis/diagnose-dumps.js';
import { sayPlace, tellingPlace } from '../diagnosis/frames.js';
import type { ReadResult } from '../diagnosis/parsers/read-dump.js';
import type { ProcessDump, ThreadDump } from '../diagnosis/process-dump.js';
import { labelOf } from '../diagnosis/thread-label.js';
import type { Claim, Verdict } from '../diagnosis/verdict.js';

export interface ExplainReport {
  schemaVersion: 1;
  command: 'explain';
  verdict: Verdict;
  inputs: InputSummary[];
  processes: ProcessSummary[];
  exitCode: number;
  warnings: string[];
}

export interface InputSummary {
  file: string;
  formats: string[];
  /** Lines of the text, and how many of them are no part of a dump. */
  lines: number;
  skippedLines: number;
  skipped: { reason: string; lines: number; firstLine: number }[];
}

export interface ProcessSummary {
  /** Of its newest sample: lines are lines of this file. */
  file: string;
  pid: number;
  format: string;
  label?: string;
  commandLine?: string;
  runtimeVersion?: string;
  /** How many dumps of it the texts have. */
  samples: number;
  kind: Verdict['kind'];
  family: Verdict['family'];
  confidence: number;
  summary: string;
  threads: ThreadSummary[];
}

/** A thread without its stack: who wants that reads the dump, by its line. */
export interface ThreadSummary {
  tid: number;
  name: string;
  state: string;
  does: string;
  /** The innermost frame that says something. */
  frame?: string;
  frames: number;
  /** Of its heading, from 1. */
  line?: number;
  gil?: 'holds' | 'waits';
}

export function explainReport(
  inputs: readonly (ReadResult & { file: string })[],
  { verdict, processes }: Diagnosis,
  exitCode: number,
  warnings: readonly string[] = [],
): ExplainReport {
  return {
    schemaVersion: 1,
    command: 'explain',
    verdict,
    inputs: inputs.map(inputSummary),
    processes: processes.map((process) => {
      const last = process.samples.at(-1);
      const { file = '-' } = inputs.find((input) => input.dumps.some((dump) => dump === last)) ?? {};
      return processSummary(file, process);
    }),
    exitCode,
    warnings: [
      ...warnings,
      ...inputs.flatMap((input) => input.warnings.map((text) => `${sayFile(input.file)}: ${text}`)),
    ],
  };
}

/** `-` as people say it. */
export function sayFile(file: string): string {
  return file === '-' ? 'standard input' : file;
}

/** The file that a claim's line is in; undefined where there is only one, and where several show such a thread. */
export function fileOf({ actor }: Claim, { inputs, processes }: ExplainReport): string | undefined {
  if (inputs.length < 2) return undefined;
  const files = processes
    .filter(({ pid, threads }) => pid === actor.pid && threads.some(({ tid }) => tid === actor.tid))
    .map(({ file }) => file);
  const [only] = files;
  return new Set(files).size === 1 && only !== undefined ? sayFile(only) : undefined;
}

function inputSummary({ file, formats, lines, skipped }: ReadResult & { file: string }): InputSummary {
  return { file, formats: [...formats], lines, skippedLines: skipped.lines, skipped: [...skipped.reasons] };
}

function processSummary(file: string, { samples, verdict }: DiagnosedProcess): ProcessSummary {
  const last = samples.at(-1);
  if (last === undefined) throw new Error('a process without a sample');
  const { kind, family, confidence, summary } = verdict;
  return {
    file,
    pid: last.pid,
    format: last.format ?? 'kvtool',
    ...(last.label === undefined ? {} : { label: last.label }),
    ...(last.command === undefined ? {} : { commandLine: last.command }),
    ...(last.runtimeVersion === undefined ? {} : { runtimeVersion: last.runtimeVersion }),
    samples: samples.length,
    ...{ kind, family, confidence, summary },
    threads: threadSummaries(last, verdict),
  };
}

/** The document stays readable, and small, for a dump of a hundred thousand threads. */
const mostThreads = 2000;

function threadSummaries(dump: ProcessDump, verdict: Verdict): ThreadSummary[] {
  const why = new Map(verdict.bystanders.map((bystander) => [bystander.actor.tid, bystander.why]));
  const parties = new Set(
    verdict.cycle.flatMap(({ actor, alike = [] }) => [actor.tid, ...alike.map((other) => other.tid)]),
  );
  return dump.threads.slice(0, mostThreads).map((thread) => {
    const does = parties.has(thread.tid) ? 'a party of the cycle' : why.get(thread.tid);
    return threadSummary(thread, does ?? activityOf(thread, dump));
  });
}

function threadSummary(thread: ThreadDump, does: string): ThreadSummary {
  const place = tellingPlace(thread.frames);
  return {
    tid: thread.tid,
    name: labelOf(thread),
    state: thread.state,
    does,
    ...(place?.function === undefined
      ? {}
      : { frame: place.file === undefined ? place.function : sayPlace(place) }),
    frames: thread.frames.length + (thread.framesLeftOut ?? 0),
    ...(thread.sourceLine === undefined ? {} : { line: thread.sourceLine }),
    ...(thread.gil === undefined ? {} : { gil: thread.gil }),
  };
}

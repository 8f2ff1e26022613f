/** The one report type. Every output (console, JSON, JUnit, Buildkite) is a function of it. */
import type { Verdict } from '../diagnosis/verdict.js';
import type { DeviceName, Expectation, ParameterValues, Path, RuntimeName } from '../scenario/manifest.js';

/**
 * How a harness run ended, as its supervisor saw it.
 * finished: did all its work and exited 0. stuck: two samples show no progress and a proven cycle. timeout: its
 * deadline passed (alive, no proven cycle). crashed: a signal or a non-zero exit that we did not cause. early-exit:
 * exited 0 before its work was done. log-flood: wrote more than the log limit. interrupted: kvtool was told to stop.
 */
export type Ending =
  | 'finished'
  | 'stuck'
  | 'timeout'
  | 'crashed'
  | 'early-exit'
  | 'log-flood'
  | 'interrupted';

export interface EventCounts {
  scheduled: number;
  delivered: number;
  lost: number;
  /** Mean microseconds that publishing costs the publisher; absent when nothing was published. */
  publishUs?: number;
  /** Mean microseconds from the event's time stamp on the stream to its subscriber; absent when none arrived. */
  deliverUs?: number;
}

export interface RunReport {
  schemaVersion: 1;
  scenario: string;
  variant: string;
  path: Path;
  runtime: RuntimeName;
  /** e.g. `CPython 3.11.7 (/usr/bin/python3)`, `Node 20.20.2`. */
  runtimeVersion: string;
  device: DeviceName;
  seed: number;
  parameters: ParameterValues;
  startedAt: string;
  /** Wall time of the whole run, ms. */
  durationMs: number;
  ending: Ending;
  /** Exit code or signal of the harness, when it ended by itself. */
  exit?: { code?: number; signal?: string };
  windowOpens: number;
  /** From the release of the actors until the last party of the cycle began to wait, ms; only when stuck. */
  timeToDeadlockMs?: number;
  /** From the last progress to this report on disk, ms; only when stuck. */
  stallToVerdictMs?: number;
  events: EventCounts;
  /** Every counter of the flight file by name. */
  counters: Record<string, number>;
  expected: Expectation;
  verdict: Verdict;
  /** Does the run show what its variant and path are expected to show? `inconclusive`: the window never opened. */
  result: 'as-expected' | 'unexpected' | 'inconclusive' | 'error' | 'interrupted';
  /** One sentence: why `result`. */
  because: string;
  runFolder: string;
  /** Files in the run folder that exist: report.json, dump-1.json, dump-2.json, harness.log, events.kvr. */
  artefacts: string[];
  /** The command that repeats this run. */
  repeat: string;
  warnings: string[];
}

export interface PathSummary {
  scenario: string;
  runtime: RuntimeName;
  path: Path;
  runs: RunReport[];
  deadlocks: number;
  /** min, median, max; absent when no run deadlocked. */
  timeToDeadlockMs?: { min: number; median: number; max: number };
  events: EventCounts;
  result: 'pass' | 'fail' | 'inconclusive' | 'error' | 'interrupted';
  because: string;
}

export interface CheckReport {
  schemaVersion: 1;
  command: 'deadlock-check';
  seed: number;
  device: DeviceName;
  startedAt: string;
  durationMs: number;
  paths: PathSummary[];
  result: 'pass' | 'fail' | 'inconclusive' | 'error' | 'interrupted' | 'timeout';
  exitCode: number;
  /** One sentence. */
  summary: string;
  /** Where this report was written. */
  reportFile: string;
  warnings: string[];
}

/** What `kvtool stress` found of several scenarios or variants. */
import type { DeviceName, Path, RuntimeName } from '../scenario/manifest.js';
import type { RunReport } from './report.js';

/** Where a scenario runs; `threads`: plain ones, of a scenario that has no language runtime. */
export type Place = 'runtime' | 'threads' | 'model' | 'device';

/** One variant of one scenario at one place. */
export interface LaneName {
  scenario: string;
  variant: string;
  on: Place;
  /** On a language runtime. */
  runtime?: RuntimeName;
  path?: Path;
}

/** A slice that failed or did not show what it should. */
export interface SeveralFinding {
  result: RunReport['result'];
  because: string;
  /** What it shows by itself, whatever was expected. */
  exitCode: number;
  seed: number;
  /** Of this variant's own time, until the end of the slice, ms. */
  afterMs: number;
  /** The command line that shows it again. */
  repeat: string;
  runFolder?: string;
}

export interface LaneReport extends LaneName {
  expected: 'ok' | 'failure';
  unit: 'run' | 'round' | 'execution';
  /** Runs, rounds or executions. */
  work: number;
  slices: number;
  /** Time that it had. */
  seconds: number;
  /** Work a second. */
  rate: number;
  /** Expected or not. */
  failures: number;
  /** Slices that showed what they should not; of a variant that is to finish clean these are false alarms. */
  unexpected: number;
  /** Of its own time; to a slice's end where the failure's own moment is not known. */
  timeToFirstFailureMs?: number;
  /** It shows what it should: once is enough for a failure, always for a clean variant. */
  result: RunReport['result'];
  because: string;
  exitCode: number;
  findings: SeveralFinding[];
  findingsNotKept: number;
}

export interface SeveralReport {
  schemaVersion: 1;
  command: 'stress';
  on: 'several';
  /** The root seed: every slice derives its own from it. */
  seed: number;
  device: DeviceName;
  startedAt: string;
  /** Wall time, ms. */
  durationMs: number;
  /** As asked for; absent: until all counts are done. */
  askedMs?: number;
  /** Failures after which a variant is done; 0: never. */
  stopAt: number;
  variants: LaneReport[];
  /** Unexpected failures of variants that are to finish clean. */
  falseAlarms: number;
  /** Variants that got no time at all. */
  notRun: number;
  /** One sentence. */
  summary: string;
  exitCode: number;
  warnings: string[];
}

/** `abba fixed, threads`; `gil-hostfunc fixed, js recorder`. */
export function sayLane(lane: LaneName): string {
  return `${lane.scenario} ${lane.variant}, ${sayPlace(lane)}`;
}

export function sayPlace({ on, runtime, path }: LaneName): string {
  return on === 'runtime' ? `${runtime} ${path}` : on;
}

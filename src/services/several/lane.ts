/** A lane: one variant of one scenario at one place, that can be run for a slice of time. */
import type { LaneReport, SeveralFinding } from '../../report/several-report.js';

export interface SliceRequest {
  seed: number;
  /** Runs, rounds or executions at most; absent: until the time is over. */
  work?: number;
  /** Begins nothing new after it. A lane that cannot be cut makes one run. */
  ms: number;
  signal: AbortSignal;
  /** What is done of it so far. */
  onWork: (work: number) => void;
}

/** What a slice showed. */
export interface Slice extends Omit<SeveralFinding, 'seed' | 'afterMs'> {
  work: number;
  ms: number;
  /** Expected or not. */
  failures: number;
  /** From the beginning of the slice. */
  firstFailureMs?: number;
}

export interface Lane
  extends Pick<LaneReport, 'scenario' | 'variant' | 'on' | 'runtime' | 'path' | 'expected' | 'unit'> {
  /** Work that it shall do; absent: until the time is over. */
  asked?: number;
  /** @returns nothing when `signal` ended it */
  run(slice: SliceRequest): Promise<Slice | undefined>;
}

/** What `kvtool driver-table` finds. */
import type { DeviceName } from '../scenario/manifest.js';

export interface MeasuredCell {
  blocker: string;
  first: string;
  firstBlocks: boolean;
  second: string;
  secondBlocks: boolean;
  /** What the second call waits for, where the device tells, e.g. `driver-lock:W`. */
  secondWaitsFor?: string;
}

export interface FailedCell {
  blocker: string;
  first: string;
  second: string;
  why: string;
}

/** What the table says about a thread that holds a runtime's lock. Names of calls, in the table's order. */
export interface Conclusion {
  /** Block the thread that makes them while a host function is stuck, with nobody else in the driver. */
  blockTheirThread: string[];
  /** Of those, the ones that make other threads' calls block which would not block otherwise. */
  blockOthers: { first: string; blocked: string[] }[];
  /** Blocked behind nothing. */
  neverBlocked: string[];
}

/** A cell that two tables answer differently. */
export interface Difference {
  blocker: string;
  first: string;
  second: string;
  here: string;
  there: string;
}

export interface Comparison {
  file: string;
  /** Cells that both tables have. */
  compared: number;
  differences: Difference[];
  /** How many cells only one of them has. */
  onlyHere: number;
  onlyThere: number;
}

export interface DriverTableReport {
  schemaVersion: 1;
  command: 'driver-table';
  device: DeviceName;
  /** e.g. `NVIDIA H200, driver 580.159.04, CUDA 13.0`. */
  deviceName: string;
  /** ISO 8601. */
  measuredAt: string;
  durationMs: number;
  /** A call that had not returned by then counts as blocked; the simulated device tells by itself. */
  blocksAfterMs: number;
  /** What was set of the environment variables that change how the driver blocks. */
  environment: Record<string, string>;
  cells: MeasuredCell[];
  failed: FailedCell[];
  /** Cells that were not measured because the run was interrupted. */
  notRun: number;
  conclusion: Conclusion;
  comparison?: Comparison;
  exitCode: number;
  warnings: string[];
}

import type { RunReport } from './report.js';

/** What `kvtool stress` found. */
export interface StressReport {
  schemaVersion: 1;
  command: 'stress';
  /** The root seed: run 1 has it itself. */
  seed: number;
  runs: RunReport[];
  /** Runs that were asked for and not made, because the command was interrupted. */
  notRun: number;
  exitCode: number;
  warnings: string[];
}

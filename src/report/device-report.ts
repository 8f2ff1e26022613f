import type { AccessPairs, RaceReport } from './race-report.js';

/** What `kvtool stress --on device` found. */
export interface DeviceReport {
  schemaVersion: 1;
  command: 'stress';
  on: 'device';
  scenario: string;
  family: string;
  variant: string;
  /** What the device calls itself, e.g. `NVIDIA H200, driver 580.159.04, CUDA 13.0`. */
  device: string;
  outcome: 'ok' | 'violation';
  /** The invariant, and the first wrong row or the first race; empty when nothing is wrong. */
  message: string;
  /** Numbers that the variant measured, by name. */
  facts: Record<string, number>;
  /** Of a variant whose accesses are logged. */
  pairs?: AccessPairs;
  /** With `pairs`. */
  races?: RaceReport[];
  /** When more than one run was asked for: the rest tells of the first that was not as expected, else of the first. */
  runs?: {
    made: number;
    /** With a violation, expected or not. */
    failed: number;
    unexpected: number;
    seconds: number;
  };
  judgement: { result: 'as-expected' | 'unexpected'; because: string };
  exitCode: number;
  warnings: string[];
}

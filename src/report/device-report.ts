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
  /** The invariant and the first wrong row; empty when nothing is wrong. */
  message: string;
  /** Numbers that the variant measured, by name. */
  facts: Record<string, number>;
  judgement: { result: 'as-expected' | 'unexpected'; because: string };
  exitCode: number;
  warnings: string[];
}

import type { ProcessDump } from '../diagnosis/process-dump.js';
import type { Verdict } from '../diagnosis/verdict.js';
import type { Ending } from '../report/report.js';
import type { Flight, FlightState } from './flight-file.js';
import type { HarnessExit } from './guard.js';

/** CLOCK_MONOTONIC, ns. */
export interface HarnessTimings {
  /** When the supervisor started the guard. */
  spawnedNs: number;
  /** When the actors were released; absent when they never were. */
  startedNs?: number;
  /** When a progress counter last moved, by the harness's own stamp. */
  lastProgressNs: number;
  /** When the stall it ended in became suspicious; absent when it did not end in one. */
  stalledAtNs?: number;
  /** When the verdict stood. */
  verdictAtNs: number;
}

/** All that is known about one supervised harness. */
export interface HarnessOutcome {
  ending: Ending;
  /** One sentence: why this ending. */
  because: string;
  /** How it ended by itself; absent when the supervisor ended it. */
  exit?: HarnessExit;
  /** It died of a SIGKILL that the supervisor did not send: somebody's kill -9, or the kernel out of memory. */
  killedFromOutside: boolean;
  pid?: number;
  /** The last flight read, with lock lines. */
  flight?: Flight;
  /** The last dumps taken, oldest first: at most two, as in dump-1.json and dump-2.json. */
  dumps: ProcessDump[];
  verdict: Verdict;
  timings: HarnessTimings;
  /** The last 4 KiB of its output. */
  logTail: string;
  /** How much output it wrote. */
  logBytes: number;
  /** Other processes of it that had to be killed. */
  strays: number;
  /** One sentence each: what a dump lacks, what was cleared up, what could not be confirmed. */
  warnings: string[];
}

/** What a supervisor tells while it works, for a progress line. */
export type HarnessEvent =
  | { kind: 'started'; pid: number }
  | { kind: 'state'; state: FlightState }
  | { kind: 'progress'; flight: Flight }
  | { kind: 'suspicion'; quietMs: number; busy: boolean }
  | { kind: 'dumped'; file: string; pausedUs: number | undefined }
  | { kind: 'dump-failed'; file: string; reason: string }
  | { kind: 'ended'; ending: Ending };

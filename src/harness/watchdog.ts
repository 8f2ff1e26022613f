/**
 * The watchdog's judgement: observations in, decisions out. It does no I/O and asks no clock, so every rule below is
 * tested with a table of observations.
 *
 * Progress is a progress counter that moved or a change of the flight state. Without progress for 3/4 of the
 * inactivity limit it asks for one sample of the threads, at the limit for another. Threads that use no CPU between
 * the two are suspected to be stuck; only a proven cycle, in dumps with no progress between them, makes `stuck` of
 * the suspicion. Everything else is slow until the deadline passes.
 */
import type { VerdictKind } from '../diagnosis/verdict.js';
import { nsPerMs } from './clock.js';
import type { Flight, FlightState } from './flight-file.js';
import type { HarnessExit } from './guard.js';
import type { SampleComparison, ThreadSample } from './thread-samples.js';
import { compareSamples, msPerTick } from './thread-samples.js';

export interface WatchdogLimits {
  /** No progress for this long is suspicious, ms. */
  inactivityMs: number;
  /** The whole run may take this long, ms. */
  deadlineMs: number;
  /** The harness must reach `running` within this, ms. */
  startMs: number;
  /** A harness that says it has finished or failed must exit within this, ms. */
  lingerMs: number;
  /** Its output may grow to this. */
  logLimitBytes: number;
  /** How often a suspicion may be raised, since each one stops the harness for a moment. */
  maxSuspicions: number;
}

export const defaultLimits: WatchdogLimits = {
  inactivityMs: 2000,
  deadlineMs: 30_000,
  startMs: 15_000,
  lingerMs: 2000,
  logLimitBytes: 16 * 1024 * 1024,
  maxSuspicions: 10,
};

export interface Observation {
  /** CLOCK_MONOTONIC. */
  nowNs: number;
  /** Absent until the harness has initialised its flight file. */
  flight?: Flight;
  /** How the harness ended by itself. Read before `flight`, so that the flight is the last one. */
  exit?: HarnessExit;
  logBytes: number;
  /** Only in answer to `take-sample`; null when no sample could be taken. */
  sample?: ThreadSample | null;
  /** Only in answer to `suspect-stuck` or `deadline`: what a pair of dumps, taken since, was diagnosed as. */
  diagnosis?: VerdictKind;
}

/**
 * Why the deadline passed. never-started: it did not reach `running` in time. slow: progress was still being made.
 * busy: no progress, but its threads used CPU. quiet: neither, and no cycle was proven.
 */
export type DeadlineReason = 'never-started' | 'slow' | 'busy' | 'quiet';

export type Decision =
  | { kind: 'continue' }
  | { kind: 'take-sample' }
  | { kind: 'suspect-stuck'; quietMs: number; busy: boolean }
  | { kind: 'stuck' }
  | { kind: 'finished'; lingers: boolean }
  | { kind: 'crashed'; lingers: boolean; killedFromOutside: boolean }
  | { kind: 'early-exit' }
  | { kind: 'log-flood' }
  | { kind: 'deadline'; why: DeadlineReason };

/** Less than this share of one core counts as "not burning CPU". */
const busyShare = 0.1;
/** CPU time is counted in ticks of 10 ms: samples closer than this tell nothing. */
const shortestWindowMs = 5 * msPerTick;
/** A busy process is only suspected every so many inactivity periods: a thread may spin beside a real deadlock. */
const busyPeriods = 3;
/**
 * A supervisor that was itself not scheduled has not seen a quiet harness, it has seen nothing. Of a gap between two
 * observations only this much counts as quiet, as a share of the inactivity limit.
 */
const gapShare = 0.25;

const next: Decision = { kind: 'continue' };

export class Watchdog {
  /** When a progress counter last moved, by the harness's own stamp; before the first one, when it was spawned. */
  lastProgressNs: number;
  /** When the present stall became suspicious; undefined while there is none. */
  stalledAtNs?: number;
  /** The latest comparison of two samples of the present stall. */
  cpu?: SampleComparison;
  /** The flight state last seen. */
  state: FlightState = 'created';

  readonly #limits: WatchdogLimits;
  readonly #spawnedNs: number;
  #observedNs: number;
  /** Since when there is no progress, without the time in which nobody looked. */
  #quietSinceNs: number;
  /** The longest quiet time of the running harness that ended in progress, ms. */
  #longestPauseMs = 0;
  #progress: readonly number[] = [];
  /** Start of the period at whose 3/4 and end samples are taken. */
  #periodNs: number;
  #firstSample: ThreadSample | null | undefined;
  #busyPeriods = 0;
  #suspicions = 0;
  /** When it was first seen to have finished or failed without having exited. */
  #doneNs?: number;

  constructor(limits: WatchdogLimits, spawnedNs: number) {
    this.#limits = limits;
    this.#spawnedNs = spawnedNs;
    this.#observedNs = spawnedNs;
    this.#quietSinceNs = spawnedNs;
    this.#periodNs = spawnedNs;
    this.lastProgressNs = spawnedNs;
  }

  /** Milliseconds without progress at `nowNs`. */
  quietMs(nowNs: number): number {
    return (nowNs - this.#quietSinceNs) / nsPerMs;
  }

  /** Judges one observation. `nowNs` must not go back. */
  observe(observation: Observation): Decision {
    const { nowNs, flight, exit, logBytes, diagnosis } = observation;
    this.#noteGap(nowNs);
    this.#noteProgress(nowNs, flight);
    this.#observedNs = nowNs;

    if (exit !== undefined) return this.#ended(exit);
    if (logBytes > this.#limits.logLimitBytes) return { kind: 'log-flood' };
    if (this.state === 'finished' || this.state === 'failed') return this.#lingering(nowNs);
    // A cycle in two dumps does not go away by itself, but only a whole inactivity period rules out that both dumps
    // fell into one long wait.
    const longEnough = this.quietMs(nowNs) >= this.#limits.inactivityMs;
    if (diagnosis === 'deadlock' && longEnough) return this.#stuck(nowNs);

    const ageMs = (nowNs - this.#spawnedNs) / nsPerMs;
    const running = this.state === 'running';
    const tooLate =
      ageMs >= (running ? this.#limits.deadlineMs : Math.min(this.#limits.startMs, this.#limits.deadlineMs));
    const periodMs = running ? this.#limits.inactivityMs : this.#limits.startMs;
    const sampled = this.#sampling(observation, tooLate ? 0 : periodMs);
    if (sampled.kind === 'take-sample') return sampled;
    if (!tooLate) return running ? sampled : next;
    return { kind: 'deadline', why: running ? this.#whySlow(nowNs) : 'never-started' };
  }

  #noteGap(nowNs: number): void {
    const allowed = Math.max(this.#limits.inactivityMs * gapShare, 250) * nsPerMs;
    const unseen = nowNs - this.#observedNs - allowed;
    if (unseen <= 0) return;
    this.#quietSinceNs += unseen;
    this.#periodNs += unseen;
  }

  #noteProgress(nowNs: number, flight: Flight | undefined): void {
    if (flight === undefined) return;
    const progress: number[] = [];
    for (const { kind, value } of flight.counters) if (kind === 'progress') progress.push(value);
    const stateChanged = flight.state !== this.state;
    const counterMoved =
      progress.length !== this.#progress.length || progress.some((value, i) => value !== this.#progress[i]);
    if (!stateChanged && !counterMoved) return;

    // Its own stamp is exact where ours is late by up to one poll; a stamp outside that poll is not believed.
    const stamp = flight.lastProgressNs;
    const progressNs = stamp > this.#observedNs && stamp <= nowNs ? stamp : nowNs;
    if (this.state === 'running')
      this.#longestPauseMs = Math.max(this.#longestPauseMs, this.quietMs(progressNs));
    this.lastProgressNs = progressNs;
    this.#quietSinceNs = progressNs;
    this.state = flight.state;
    this.#progress = progress;
    this.#busyPeriods = 0;
    delete this.stalledAtNs;
    delete this.cpu;
    this.#startPeriod(progressNs);
  }

  #startPeriod(nowNs: number): void {
    this.#periodNs = nowNs;
    this.#firstSample = undefined;
  }

  #ended({ code, signal }: HarnessExit): Decision {
    if (code !== 0) return { kind: 'crashed', lingers: false, killedFromOutside: signal === 'SIGKILL' };
    return this.state === 'finished' ? { kind: 'finished', lingers: false } : { kind: 'early-exit' };
  }

  #lingering(nowNs: number): Decision {
    this.#doneNs ??= nowNs;
    if (nowNs - this.#doneNs < this.#limits.lingerMs * nsPerMs) return next;
    if (this.state === 'finished') return { kind: 'finished', lingers: true };
    return { kind: 'crashed', lingers: true, killedFromOutside: false };
  }

  #stuck(nowNs: number): Decision {
    this.stalledAtNs ??= nowNs;
    return { kind: 'stuck' };
  }

  /** The two samples of a period of `periodMs`, and what their comparison says at its end. */
  #sampling({ nowNs, sample }: Observation, periodMs: number): Decision {
    const elapsedMs = (nowNs - this.#periodNs) / nsPerMs;
    if (elapsedMs < periodMs * 0.75) return next;
    if (this.#firstSample === undefined) {
      if (sample === undefined) return { kind: 'take-sample' };
      this.#firstSample = sample;
      return next;
    }
    if (elapsedMs < periodMs) return next;
    if (sample === undefined) return { kind: 'take-sample' };
    return this.#compare(nowNs, this.#firstSample, sample);
  }

  #compare(nowNs: number, first: ThreadSample | null, second: ThreadSample | null): Decision {
    if (first !== null && second !== null && second.atNs - first.atNs >= shortestWindowMs * nsPerMs) {
      this.cpu = compareSamples(first, second);
    }
    this.#startPeriod(nowNs);
    const busy = this.#isBusy();
    if (busy) {
      this.#busyPeriods += 1;
      if (this.#busyPeriods % busyPeriods !== 0) return next;
    }
    if (this.#suspicions >= this.#limits.maxSuspicions) return next;
    this.#suspicions += 1;
    this.stalledAtNs ??= nowNs;
    return { kind: 'suspect-stuck', quietMs: this.quietMs(nowNs), busy };
  }

  /** It burns CPU, or would if the machine gave it a core. */
  #isBusy(): boolean {
    if (this.cpu === undefined) return false;
    const { cpuShare, cpuMs, runnable } = this.cpu;
    // CPU time is counted in ticks: a single one says nothing about a short interval.
    return (cpuShare >= busyShare && cpuMs > msPerTick) || runnable.length > 0;
  }

  #whySlow(nowNs: number): DeadlineReason {
    const quiet = this.quietMs(nowNs);
    // A pause no longer than twice one that it came back from is its pace, not a stall.
    if (quiet < Math.max(this.#limits.inactivityMs, 2 * this.#longestPauseMs)) return 'slow';
    return this.#isBusy() ? 'busy' : 'quiet';
  }
}

/**
 * Runs one harness and watches it from outside. The supervisor reads files and /proc, starts dumpers with deadlines
 * and talks to the guard over pipes: nothing that is stuck in the harness can get at it.
 */
import type { FileHandle } from 'node:fs/promises';
import { open } from 'node:fs/promises';
import type { VerdictKind } from '../diagnosis/verdict.js';
import { given } from '../given.js';
import type { Ending } from '../report/report.js';
import { monotonicNs, nsPerMs } from './clock.js';
import { describeEnding } from './ending-verdict.js';
import type { Diagnose, Evidence } from './evidence.js';
import { takeEvidence } from './evidence.js';
import type { Flight } from './flight-file.js';
import { readFlight } from './flight-file.js';
import { GuardedChild } from './guard.js';
import { Nap } from './nap.js';
import type { NativeTools } from './native-tools.js';
import { nativeTools } from './native-tools.js';
import type { HarnessEvent, HarnessOutcome } from './outcome.js';
import type { RunFolder } from './run-folder.js';
import { folderProblem, runFiles } from './run-folder.js';
import { settlesWithin } from './settles.js';
import { readThreadSample } from './thread-samples.js';
import type { DeadlineReason, Decision, Observation, WatchdogLimits } from './watchdog.js';
import { defaultLimits, Watchdog } from './watchdog.js';

export type { HarnessEvent, HarnessOutcome } from './outcome.js';

/** Every time is in ms. */
export interface SuperviseOptions extends Partial<WatchdogLimits> {
  command: string;
  args: readonly string[];
  /** Added to the environment of this process. */
  env?: NodeJS.ProcessEnv;
  /** Default: the working folder of this process. */
  cwd?: string;
  /** Its events.kvr is the flight file that the harness maps. */
  runFolder: RunFolder;
  /** How often the harness is looked at. Default 50. */
  sampleMs?: number;
  /** A dumper is killed after this long. Default 5000. */
  dumpDeadlineMs?: number;
  /** Aborting it ends the run as `interrupted`. */
  signal?: AbortSignal;
  onEvent?: (event: HarnessEvent) => void;
  /** A verdict of kind `deadlock` for a pair of dumps is taken as proof. */
  diagnose: Diagnose;
  /**
   * Awaited, for at most 5 s, before a harness is killed: the place to write the report, which then survives whatever
   * happens during the kill. Not called when the harness ended by itself. When it throws, the harness is killed and
   * the error passed on.
   */
  beforeKill?: (outcome: HarnessOutcome) => Promise<void> | void;
  /** Default: those of this package. */
  tools?: Pick<NativeTools, 'guard' | 'snapshot'>;
}

/** A report on a dead network disk must not keep the harness alive, ms. */
const beforeKillMs = 5000;
const tailBytes = 4096;

/** Why the watching ended. */
interface Conclusion {
  ending: Ending;
  why?: DeadlineReason;
  lingers: boolean;
  killedFromOutside: boolean;
}

/**
 * Starts a harness, watches it to its end and leaves no process of it behind, however it ends and however this
 * process ends.
 *
 * @throws Abort (exit 69 when a tool or the command is missing, 75 or 2 when the run folder cannot be written), or
 * whatever `diagnose`, `onEvent` and `beforeKill` throw; the harness is gone by then
 */
export async function superviseHarness(options: SuperviseOptions): Promise<HarnessOutcome> {
  const path = options.runFolder.file(runFiles.log);
  // Appending, so that a log cut short after a flood has no hole in it.
  const log = await open(path, 'a+').catch((error: unknown) => {
    throw folderProblem(error, path);
  });
  try {
    return await new Supervision(options, log).run();
  } finally {
    await log.close();
  }
}

class Supervision {
  readonly #options: SuperviseOptions;
  readonly #tools: Pick<NativeTools, 'guard' | 'snapshot'>;
  readonly #limits: WatchdogLimits;
  readonly #log: FileHandle;
  readonly #nap = new Nap();
  readonly #warnings = new Set<string>();
  readonly #spawnedNs = monotonicNs();
  readonly #watchdog: Watchdog;
  readonly #child: GuardedChild;
  #flight?: Flight;
  #logBytes = 0;
  #evidence?: Evidence & { progressNs: number };
  #announced: { pid?: number; state?: string; progressNs?: number } = {};

  constructor(options: SuperviseOptions, log: FileHandle) {
    this.#options = options;
    this.#tools = options.tools ?? nativeTools(['guard', 'snapshot']);
    this.#limits = limitsOf(options);
    this.#log = log;
    this.#watchdog = new Watchdog(this.#limits, this.#spawnedNs);
    this.#child = new GuardedChild({
      guard: this.#tools.guard,
      command: options.command,
      args: options.args,
      cwd: options.cwd ?? process.cwd(),
      env: { ...process.env, ...options.env },
      logFd: log.fd,
    });
  }

  async run(): Promise<HarnessOutcome> {
    const { signal } = this.#options;
    const wake = () => this.#nap.wake();
    signal?.addEventListener('abort', wake);
    void this.#child.exited.then(wake);
    try {
      const conclusion = await this.#watch();
      const outcome = await this.#outcome(conclusion);
      this.#emit({ kind: 'ended', ending: outcome.ending });
      if (this.#child.exit === undefined) await this.#beforeKill(outcome);
      await this.#clearUp(conclusion);
      return { ...outcome, strays: this.#child.strays, warnings: [...this.#warnings] };
    } finally {
      signal?.removeEventListener('abort', wake);
      await this.#child.kill();
    }
  }

  async #watch(): Promise<Conclusion> {
    for (;;) {
      if (this.#child.failure !== undefined) throw this.#child.failure;
      if (this.#options.signal?.aborted) return this.#interrupted();
      const conclusion = concluded(await this.#decide());
      if (conclusion !== undefined) {
        if (conclusion.lingers) await this.#collect(1);
        return conclusion;
      }
      await this.#nap.wait(this.#options.sampleMs ?? 50);
    }
  }

  async #decide(): Promise<Decision> {
    const decision = await this.#observe();
    if (decision.kind === 'suspect-stuck') {
      this.#emit({ kind: 'suspicion', quietMs: decision.quietMs, busy: decision.busy });
      await this.#collect(2);
    } else if (decision.kind === 'deadline') {
      if (!this.#isEvidenceFresh()) await this.#collect(2);
    } else {
      return decision;
    }
    const { paired = false, verdict } = this.#evidence ?? {};
    return this.#observe(paired ? verdict?.kind : undefined);
  }

  /** Looks at everything the harness shows of itself and has the watchdog judge it. */
  async #observe(diagnosis?: VerdictKind): Promise<Decision> {
    const look = await this.#look();
    const observation = { ...look, ...given({ diagnosis }) };
    const decision = this.#watchdog.observe(observation);
    this.#announce();
    if (decision.kind !== 'take-sample') return decision;
    const { pid } = this.#child;
    const sample = pid === undefined ? undefined : await readThreadSample(pid, await this.#waiting());
    return this.#watchdog.observe({ ...observation, sample: sample ?? null });
  }

  /** The threads that want something, by their own lock lines. */
  async #waiting(): Promise<Set<number>> {
    const { flight } = await readFlight(this.#options.runFolder.file(runFiles.events), { lines: true });
    const waiting = flight?.lines?.filter((line) => line.wants !== undefined && line.wants !== '') ?? [];
    return new Set(waiting.map((line) => line.tid));
  }

  async #look(): Promise<Observation> {
    // Its end first: the flight file read after it is final.
    const { exit } = this.#child;
    const { flight, problem } = await readFlight(this.#options.runFolder.file(runFiles.events));
    if (problem !== undefined) this.#warnings.add(`events.kvr: ${problem}`);
    if (flight !== undefined) this.#flight = flight;
    this.#logBytes = (await this.#log.stat()).size;
    return {
      nowNs: monotonicNs(),
      logBytes: this.#logBytes,
      ...given({ flight, exit }),
    };
  }

  #announce(): void {
    const { pid } = this.#child;
    if (pid !== undefined && this.#announced.pid === undefined) this.#emit({ kind: 'started', pid });
    const { state, lastProgressNs: progressNs } = this.#watchdog;
    if (state !== this.#announced.state && state !== 'created') this.#emit({ kind: 'state', state });
    if (this.#flight !== undefined && progressNs !== this.#announced.progressNs) {
      this.#emit({ kind: 'progress', flight: this.#flight });
    }
    this.#announced = { ...given({ pid }), state, progressNs };
  }

  #emit(event: HarnessEvent): void {
    this.#options.onEvent?.(event);
  }

  async #interrupted(): Promise<Conclusion> {
    // Before it ran there is nothing to see, and looking takes long enough for it to begin.
    const ran = this.#child.pid !== undefined;
    await this.#observe();
    if (ran && !this.#isEvidenceFresh()) await this.#collect(1);
    return { ending: 'interrupted', lingers: false, killedFromOutside: false };
  }

  /** The dumps at hand are of the stall that the harness is still in. */
  #isEvidenceFresh(): boolean {
    return (
      this.#evidence?.verdict !== undefined && this.#evidence.progressNs === this.#watchdog.lastProgressNs
    );
  }

  async #collect(count: 1 | 2): Promise<void> {
    const { pid, exit } = this.#child;
    if (pid === undefined || exit !== undefined) return;
    const { runFolder, diagnose, dumpDeadlineMs = 5000 } = this.#options;
    const { snapshot } = this.#tools;
    const onEvent = (event: HarnessEvent) => this.#emit(event);
    const progressNs = this.#watchdog.lastProgressNs;
    const evidence = await takeEvidence(
      { snapshot, pid, runFolder, dumpDeadlineMs, diagnose, onEvent },
      count,
    );
    for (const lack of evidence.lacks) this.#warnings.add(lack);
    // Earlier dumps of the same stall are better than none; those of another one would tell lies about this.
    if (evidence.dumps.length > 0 || !this.#isEvidenceFresh()) this.#evidence = { ...evidence, progressNs };
  }

  async #outcome(conclusion: Conclusion): Promise<HarnessOutcome> {
    const { ending, killedFromOutside, lingers } = conclusion;
    const { exit, pid } = this.#child;
    const { lastProgressNs, stalledAtNs, cpu } = this.#watchdog;
    const flight = await this.#finalFlight();
    const nowNs = monotonicNs();
    const words = describeEnding({
      ...conclusion,
      ...given({ exit, flight, cpu, diagnosed: this.#evidence?.verdict }),
      quietMs: this.#watchdog.quietMs(nowNs),
      ageMs: (nowNs - this.#spawnedNs) / nsPerMs,
      logBytes: this.#logBytes,
      logLimitBytes: this.#limits.logLimitBytes,
    });
    if (lingers) this.#warnings.add(words.because);
    const showsStall = stalledAtNs !== undefined && (ending === 'stuck' || ending === 'timeout');
    return {
      ending,
      because: words.because,
      killedFromOutside,
      ...given({ exit, pid, flight }),
      dumps: this.#evidence?.dumps ?? [],
      verdict: words.verdict,
      timings: {
        spawnedNs: this.#spawnedNs,
        ...(flight !== undefined && flight.startedNs > 0 ? { startedNs: flight.startedNs } : {}),
        lastProgressNs,
        ...(showsStall ? { stalledAtNs } : {}),
        verdictAtNs: nowNs,
      },
      logTail: await this.#logTail(),
      logBytes: this.#logBytes,
      strays: 0,
      warnings: [...this.#warnings],
    };
  }

  async #finalFlight(): Promise<Flight | undefined> {
    const { flight } = await readFlight(this.#options.runFolder.file(runFiles.events), { lines: true });
    return flight ?? this.#flight;
  }

  async #logTail(): Promise<string> {
    const start = Math.max(0, this.#logBytes - tailBytes);
    const { buffer, bytesRead } = await this.#log.read(Buffer.alloc(tailBytes), 0, tailBytes, start);
    // The tail may begin inside a character.
    return buffer.toString('utf8', 0, bytesRead).replace(/^\uFFFD+/, '');
  }

  async #beforeKill(outcome: HarnessOutcome): Promise<void> {
    const written = Promise.resolve(this.#options.beforeKill?.(outcome));
    const inTime = await settlesWithin(written, beforeKillMs);
    if (!inTime)
      this.#warnings.add(`the report was not written within ${beforeKillMs} ms; killed without it`);
  }

  async #clearUp({ ending }: Conclusion): Promise<void> {
    const endedByItself = this.#child.exit !== undefined;
    const confirmed = endedByItself ? await this.#child.settle() : await this.#child.kill();
    const { guardLost, strays, left } = this.#child;
    if (guardLost !== undefined) {
      this.#warnings.add(
        `the guard of the harness was lost (${guardLost}): descendants of the harness may live on`,
      );
    } else if (left > 0) {
      this.#warnings.add(`${processes(left)} of the harness did not die of SIGKILL: stuck in the kernel`);
    } else if (!confirmed) {
      this.#warnings.add('it could not be confirmed that every process of the harness is gone');
    }
    if (endedByItself && strays > 0) {
      this.#warnings.add(`the harness left ${processes(strays)} behind, killed by its guard`);
    }
    if (ending === 'log-flood') await this.#log.truncate(this.#limits.logLimitBytes);
  }
}

function processes(count: number): string {
  return count === 1 ? '1 process' : `${count} processes`;
}

function limitsOf(options: SuperviseOptions): WatchdogLimits {
  return {
    inactivityMs: options.inactivityMs ?? defaultLimits.inactivityMs,
    deadlineMs: options.deadlineMs ?? defaultLimits.deadlineMs,
    startMs: options.startMs ?? defaultLimits.startMs,
    lingerMs: options.lingerMs ?? defaultLimits.lingerMs,
    logLimitBytes: options.logLimitBytes ?? defaultLimits.logLimitBytes,
    maxSuspicions: options.maxSuspicions ?? defaultLimits.maxSuspicions,
  };
}

/** What a decision means for the run; undefined to go on watching. */
function concluded(decision: Decision): Conclusion | undefined {
  const calm = { lingers: false, killedFromOutside: false };
  switch (decision.kind) {
    case 'continue':
    case 'take-sample':
    case 'suspect-stuck':
      return undefined;
    case 'finished':
      return { ...calm, ending: 'finished', lingers: decision.lingers };
    case 'crashed':
      return { ending: 'crashed', lingers: decision.lingers, killedFromOutside: decision.killedFromOutside };
    case 'deadline':
      return { ...calm, ending: 'timeout', why: decision.why };
    case 'stuck':
    case 'early-exit':
    case 'log-flood':
      return { ...calm, ending: decision.kind };
  }
}

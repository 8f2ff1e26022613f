/** `kvtool dump`: looks at live processes or a core file, and diagnoses what it saw. */
import { setTimeout as pause } from 'node:timers/promises';
import { diagnoseDumps } from '../diagnosis/diagnose-dumps.js';
import { gpuThreads } from '../diagnosis/gpu-threads.js';
import type { GpuReading } from '../diagnosis/gpus.js';
import { nextSteps } from '../diagnosis/next-steps.js';
import type { ProcessDump } from '../diagnosis/process-dump.js';
import { Abort } from '../errors.js';
import { exitCodes } from '../exit-codes.js';
import { given } from '../given.js';
import { readGpus } from '../harness/gpus.js';
import { nativeTools } from '../harness/native-tools.js';
import { readPipes } from '../harness/pipes.js';
import { type ProcessStat, readCommandLine, readEnvironment, readProcessStat } from '../harness/proc.js';
import { type DumpReport, dumpReport, type Identity } from '../report/dump-report.js';
import { type CoreFiles, type LookOptions, lookAtCore, lookAtProcess } from './dump-sample.js';
import { findTargets } from './dump-targets.js';
import { exitOfVerdict } from './exit-of.js';

export interface DumpRequest {
  /** As they were typed. */
  pids: readonly string[];
  name?: string;
  tree: boolean;
  /** Instead of live processes. */
  core?: CoreFiles;
  freeze: boolean;
  noStop: boolean;
  /** File and line of native frames, from debug information. */
  lines: boolean;
  /** Looks at each process, at least 1. */
  samples: number;
  /** From the end of one look to the beginning of the next. Default 1 s. */
  intervalMs?: number;
  /** One look takes no longer. Default 10 s. */
  deadlineMs?: number;
  /** Command lines and environments as they are. */
  full: boolean;
  signal: AbortSignal;
}

/** @throws Abort for every input that cannot be looked at; see lookAtProcess and findTargets */
export async function dump(request: DumpRequest): Promise<DumpReport> {
  const { snapshot } = nativeTools(['snapshot']);
  const { freeze, noStop, lines, deadlineMs = 10_000, signal } = request;
  const options: LookOptions = { snapshot, freeze, noStop, lines, deadlineMs, signal };
  if (request.core !== undefined) {
    if (request.pids.length > 0) {
      throw new Abort('found a PID and --core, expected one of them', exitCodes.usage, [
        'leave one of them out',
      ]);
    }
    const taken = await lookAtCore(request.core, options);
    return report([taken], [], [], noGpus);
  }
  const { processes, warnings } = await findTargets(request);
  const { dumps, identities } = await lookRepeatedly(processes, request, options, warnings);
  const ask = () => readGpus({ snapshot, signal });
  return report(dumps, identities, warnings, ask);
}

interface Seen {
  /** Oldest first. */
  dumps: ProcessDump[];
  identities: Identity[];
}

async function lookRepeatedly(
  processes: readonly ProcessStat[],
  { samples, intervalMs = 1000, full, signal }: DumpRequest,
  options: LookOptions,
  warnings: string[],
): Promise<Seen> {
  const seen: Seen = { dumps: [], identities: [] };
  let living = processes;
  for (let sample = 0; sample < samples && living.length > 0; sample++) {
    // Cut short by an interrupt, which the look then reports.
    if (sample > 0) await pause(intervalMs, undefined, { signal }).catch(() => undefined);
    const looks = await lookAtAll(living, options);
    const failures = looks.flatMap(({ failure }) => failure ?? []);
    const [first] = failures;
    const taken = looks.flatMap(({ dump }) => dump ?? []);
    if (taken.length > 1) await readPipes(taken);
    // Somebody must have been seen, and an interrupt ends it all.
    if (first !== undefined && (signal.aborted || seen.dumps.length + taken.length === 0)) throw first;
    warnings.push(...failures.map((failure) => failure.message));
    seen.dumps.push(...taken);
    living = looks.filter(({ dump }) => dump !== undefined).map(({ target }) => target);
    if (sample === 0) seen.identities = await Promise.all(living.map((target) => identityOf(target, full)));
  }
  return seen;
}

interface Look {
  target: ProcessStat;
  dump?: ProcessDump;
  failure?: Abort;
}

/** Tools that run at one time: a tree may have hundreds of processes. */
const atOnce = 16;

async function lookAtAll(targets: readonly ProcessStat[], options: LookOptions): Promise<Look[]> {
  const looks: Look[] = [];
  for (let from = 0; from < targets.length; from += atOnce) {
    const group = targets.slice(from, from + atOnce);
    looks.push(...(await Promise.all(group.map((target) => lookOnce(target, options)))));
  }
  return looks;
}

async function lookOnce(target: ProcessStat, options: LookOptions): Promise<Look> {
  try {
    const dump = await lookAtProcess(target.pid, options);
    const now = await readProcessStat(target.pid);
    if (now === undefined || now.startTime === target.startTime) return { target, dump };
    const message = `process ${target.pid} has ended, and another one has its PID now`;
    return { target, failure: new Abort(message, exitCodes.unavailable) };
  } catch (error) {
    if (error instanceof Abort) return { target, failure: error };
    throw error;
  }
}

async function identityOf({ pid }: ProcessStat, full: boolean): Promise<Identity> {
  const words = await readCommandLine(pid);
  const environment = await readEnvironment(pid);
  return { pid, commandLine: words, environment: environment ?? {}, isFull: full };
}

async function report(
  dumps: readonly ProcessDump[],
  identities: readonly Identity[],
  warnings: string[],
  askGpus: () => Promise<GpuReading>,
): Promise<DumpReport> {
  const diagnosis = diagnoseDumps(dumps);
  const isRefused = dumps.every(({ refused }) => refused);
  const exitCode = isRefused ? exitCodes.unavailable : exitOfVerdict(diagnosis.verdict);
  const newest = diagnosis.processes.flatMap(({ samples }) => samples.at(-1) ?? []);
  const threads = newest.flatMap((last) => gpuThreads(last).map((thread) => ({ pid: last.pid, ...thread })));
  // The driver is asked only about processes that use it.
  const reading = threads.length === 0 ? undefined : await askGpus();
  const next = newest.flatMap((last) => nextSteps(last, reading?.gpus));
  const gpu = reading && { threads, devices: reading.gpus, ...given({ lack: reading.lack }) };
  return dumpReport(diagnosis, dumps, identities, {
    ...(gpu === undefined ? {} : { gpu }),
    next: [...new Set(next)],
    exitCode,
    warnings,
  });
}

/** The GPUs of this machine say nothing of a core file. */
const noGpus = (): Promise<GpuReading> => Promise.resolve({ gpus: [] });

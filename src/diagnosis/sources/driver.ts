/**
 * Who waits for an idle device inside of the CUDA driver, of a live process, where no single stack tells.
 *
 * The driver takes its launch lock to write in few calls only: where it loads a module at a first launch, and where it
 * frees memory. Both then spin until the device is idle, and nothing else in them takes long. So whoever has it by the
 * lock's own owner field, and runs inside of the driver, waits for that: no name of a function is needed, and a driver
 * has none but those of its API.
 *
 * Nobody may want that lock. Then a launch looks like any other, which takes microseconds; that a host function is
 * running at the same time makes it likelier to be a first one.
 */
import type { WaitClaim } from '../claims.js';
import { isWaitMachinery } from '../frames.js';
import type { Frame, ProcessDump, ThreadDump } from '../process-dump.js';
import { isText, readThread, surest } from '../reading.js';
import { groundAt } from './ground.js';

const driver = /^libcuda(\.so|-|\.\d|$)/;
const clock = /^\[vdso\]$|^linux-vdso/;
const launch = /^cu(da)?LaunchKernel/;
const sureness = { ownsTheLock: 0.88, launches: 0.6 } as const;

export function driverClaims(dump: ProcessDump): WaitClaim[] {
  // Of a text the rules make more, as its threads tell no owners.
  if (isText(dump)) return [];
  const owners = lockOwners(dump);
  const runsHostFunction = dump.threads.some(
    (thread) => surest(readThread(thread, dump), 'host-callback') !== undefined,
  );
  return runsHostFunction ? [...owners, ...launchers(dump)] : owners;
}

function lockOwners({ threads }: ProcessDump): WaitClaim[] {
  const byTid = new Map(threads.map((thread) => [thread.tid, thread]));
  const claims = new Map<number, WaitClaim>();
  for (const { wait, frames } of threads) {
    const isLaunchLock = wait?.kind === 'rwlock-read' || wait?.kind === 'rwlock-write';
    if (!isLaunchLock || wait.ownerTid === undefined || claims.has(wait.ownerTid)) continue;
    const caller = frames.find((frame) => !isWaitMachinery(frame));
    const owner = byTid.get(wait.ownerTid);
    const at = owner === undefined ? -1 : driverFrame(owner);
    if (owner === undefined || at < 0 || !driver.test(caller?.module ?? '')) continue;
    const because = "it has the driver's launch lock to itself and runs inside of the driver";
    claims.set(owner.tid, waitsForIdle(owner, at, because, sureness.ownsTheLock));
  }
  return [...claims.values()];
}

function launchers({ threads }: ProcessDump): WaitClaim[] {
  return threads.flatMap((thread) => {
    const at = driverFrame(thread);
    const isLaunch = thread.frames.slice(Math.max(0, at)).some((frame) => launch.test(frame.function ?? ''));
    if (at < 0 || thread.state !== 'R' || !isLaunch) return [];
    const because =
      'it is in a launch while a host function runs: the first launch from a module waits for it';
    return [waitsForIdle(thread, at, because, sureness.launches)];
  });
}

function waitsForIdle(thread: ThreadDump, at: number, because: string, confidence: number): WaitClaim {
  return {
    ...{ source: 'frames', tid: thread.tid, resource: 'device:idle', evidence: 'inferred' },
    ...groundAt(thread.frames, at, thread),
    ...{ because, confidence, canEndOutside: true },
  };
}

/** Index of the frame of the driver that a thread runs in, -1 when it does not run there, or is blocked. */
function driverFrame({ frames, wait }: ThreadDump): number {
  if (wait !== undefined && wait.kind !== 'sleep') return -1;
  const at = frames.findIndex((frame) => !isWaitMachinery(frame) && !readsTheClock(frame));
  return driver.test(frames[at]?.module ?? '') ? at : -1;
}

function readsTheClock({ module = '', function: name = '' }: Frame): boolean {
  return clock.test(module) || /clock_gettime$/.test(name);
}

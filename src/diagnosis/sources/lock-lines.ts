/** The process's own account, kept by each thread in the mapped flight file: names every lock, even a read-held one. */
import type { Claims, HoldClaim, WaitClaim } from '../claims.js';
import type { Evidence, LockLine, ProcessDump, ThreadDump } from '../process-dump.js';
import { inTrueOrder } from './call-order.js';

/** What the driver decides. A real driver tells nobody: a line then has it from a model of it. */
const ofTheDriver = /^(driver-lock|device|stream|event):/;

function evidenceOf(line: LockLine, resource: string): Evidence {
  return line.byModel === true && ofTheDriver.test(resource) ? 'inferred' : 'read';
}

/**
 * What a line says that its thread wants. A model of the driver may have the order of calls wrong; what the thread itself
 * shows is then believed: who waits for a lock sleeps, and of the driver's locks only the launch lock is a read-write lock.
 */
function wantOf({ byModel, wants = '' }: LockLine, thread: ThreadDump | undefined): string | undefined {
  const isLock = wants.startsWith('driver-lock:');
  if (byModel !== true || !isLock || thread === undefined) return wants || undefined;
  if (thread.state === 'R' && thread.wait === undefined) return undefined;
  return /^rwlock-/.test(thread.wait?.kind ?? '') ? wants.replace(/:[CR]\b/, ':W') : wants;
}

export function lineClaims(dump: ProcessDump): Claims {
  const threads = new Map(dump.threads.map((thread) => [thread.tid, thread]));
  const names = new Map<number, string>();
  const waits: WaitClaim[] = [];
  const holds: HoldClaim[] = [];
  for (const line of inTrueOrder(dump.lockLines)) {
    if (line.name !== '') names.set(line.tid, line.name);
    for (const resource of line.holds) {
      holds.push({ source: 'line', tid: line.tid, resource, evidence: evidenceOf(line, resource) });
    }
    const wants = wantOf(line, threads.get(line.tid));
    if (wants === undefined) continue;
    waits.push({
      source: 'line',
      tid: line.tid,
      resource: wants,
      evidence: evidenceOf(line, wants),
      ...(line.where ? { frame: line.where } : {}),
      ...(line.waitingMs === undefined ? {} : { waitingMs: line.waitingMs }),
    });
  }
  return { names, waits, holds };
}

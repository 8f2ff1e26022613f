/** The process's own account, kept by each thread in the mapped flight file: names every lock, even a read-held one. */
import type { Claims, HoldClaim, WaitClaim } from '../claims.js';
import type { Evidence, LockLine, ProcessDump } from '../process-dump.js';

/** What the driver decides. A real driver tells nobody: a line then has it from a model of it. */
const ofTheDriver = /^(driver-lock|device|stream|event):/;

function evidenceOf(line: LockLine, resource: string): Evidence {
  return line.byModel === true && ofTheDriver.test(resource) ? 'inferred' : 'read';
}

export function lineClaims(dump: ProcessDump): Claims {
  const names = new Map<number, string>();
  const waits: WaitClaim[] = [];
  const holds: HoldClaim[] = [];
  for (const line of dump.lockLines) {
    if (line.name !== '') names.set(line.tid, line.name);
    for (const resource of line.holds) {
      holds.push({ source: 'line', tid: line.tid, resource, evidence: evidenceOf(line, resource) });
    }
    if (line.wants === undefined || line.wants === '') continue;
    waits.push({
      source: 'line',
      tid: line.tid,
      resource: line.wants,
      evidence: evidenceOf(line, line.wants),
      ...(line.where ? { frame: line.where } : {}),
      ...(line.waitingMs === undefined ? {} : { waitingMs: line.waitingMs }),
    });
  }
  return { names, waits, holds };
}

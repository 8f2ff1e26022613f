/** The process's own account, kept by each thread in the mapped flight file: names every lock, even a read-held one. */
import type { Claims, HoldClaim, WaitClaim } from '../claims.js';
import type { ProcessDump } from '../process-dump.js';

export function lineClaims(dump: ProcessDump): Claims {
  const names = new Map<number, string>();
  const waits: WaitClaim[] = [];
  const holds: HoldClaim[] = [];
  for (const line of dump.lockLines) {
    if (line.name !== '') names.set(line.tid, line.name);
    for (const resource of line.holds) {
      holds.push({ source: 'line', tid: line.tid, resource, evidence: 'read' });
    }
    if (line.wants === undefined || line.wants === '') continue;
    waits.push({
      source: 'line',
      tid: line.tid,
      resource: line.wants,
      evidence: 'read',
      ...(line.where ? { frame: line.where } : {}),
      ...(line.waitingMs === undefined ? {} : { waitingMs: line.waitingMs }),
    });
  }
  return { names, waits, holds };
}

/** A thread's place in a cycle or a chain. */
import type { ProcessDump } from './process-dump.js';
import type { CycleStep } from './verdict.js';
import type { HoldEdge, WaitEdge, WaitGraph } from './wait-graph.js';

/** @param hold what the one before it waits for */
export function cycleStep(graph: WaitGraph, dump: ProcessDump, hold: HoldEdge, wait: WaitEdge): CycleStep {
  return {
    actor: { pid: dump.pid, tid: wait.tid, name: graph.nameOf(wait.tid) },
    holds: hold.resource,
    holdsEvidence: hold.evidence,
    waitsFor: wait.resource,
    waitsEvidence: wait.evidence,
    frame: wait.frame,
  };
}

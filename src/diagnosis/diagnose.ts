/**
 * From a process dump to a verdict. Pure: the same dumps always give the same verdict, wherever they came from.
 *
 *   dump -> claims (per source) -> wait-for graph -> cycles -> family, confidence, cuts
 */
import { type BuiltGraph, buildGraph } from './build-graph.js';
import { bystandersOf } from './bystanders.js';
import { claimsOf } from './claims.js';
import { findCycles, inferredIn } from './cycles.js';
import { familyOf } from './families.js';
import type { ProcessDump } from './process-dump.js';
import { quietVerdict } from './quiet.js';
import { parseResource } from './resources.js';
import { abandonedSentence, cycleSentence } from './summary.js';
import type { CycleStep, Verdict } from './verdict.js';
import type { Step, WaitGraph } from './wait-graph.js';

/** Nothing that is read from a live process is certain: registers move, memory is read piece by piece. */
const surest = 0.99;
/** Each factor lowers the confidence once. */
const factors = { inferredEdge: 0.85, contradiction: 0.9, singleDump: 0.9, notInBothDumps: 0.4 } as const;

/**
 * @param dump the newest dump.
 * @param previous an earlier dump of the same process: a deadlock must be in both, and CPU time is compared.
 */
export function diagnose(dump: ProcessDump, previous?: ProcessDump): Verdict {
  const built = buildGraph(dump.threads, claimsOf(dump));
  const unknowns = [...built.contradictions, ...dump.lacks];
  if (previous === undefined) {
    unknowns.push(
      'There is one dump only: a wait that was about to end looks the same as one that never ends.',
    );
  }
  const cycles = findCycles(built.graph);
  if (cycles.length > 0) return cycleVerdict(built, cycles, unknowns, dump, previous);
  const [abandoned] = built.abandoned;
  if (abandoned !== undefined) {
    return {
      kind: 'deadlock',
      family: dump.threads.length === 1 ? 'fork-held-lock' : 'other',
      confidence: 0.9,
      summary: abandonedSentence(built.graph, abandoned),
      cycle: [],
      bystanders: bystandersOf(built.graph, [], dump, previous),
      cuts: ['Do not fork while another thread holds a lock, and release locks before a thread ends.'],
      unknowns,
    };
  }
  return quietVerdict(built.graph, unknowns, dump, previous);
}

function cycleVerdict(
  built: BuiltGraph,
  cycles: readonly Step[][],
  unknowns: string[],
  dump: ProcessDump,
  previous?: ProcessDump,
): Verdict {
  const before = previous && buildGraph(previous.threads, claimsOf(previous)).graph;
  const lasting = before && cycles.find((cycle) => isIn(before, cycle));
  const steps = fromRuntimeLock(lasting ?? cycles[0] ?? []);
  const lasts = before === undefined || lasting !== undefined;
  if (!lasts)
    unknowns.push('The dump before this one does not show the cycle: its threads may still be moving.');
  if (cycles.length > 1) unknowns.push(otherCycles(cycles.length - 1));

  const cycle = steps.map((step, index) => cycleStep(built.graph, dump.pid, step, steps.at(index - 1)));
  const rule = familyOf(cycle.map((step) => step.waitsFor));
  const confidence =
    surest *
    factors.inferredEdge ** inferredIn(steps) *
    factors.contradiction ** built.contradictions.length *
    (previous === undefined ? factors.singleDump : 1) *
    (lasts ? 1 : factors.notInBothDumps);
  return {
    kind: lasts ? 'deadlock' : 'unknown',
    family: rule.family,
    confidence: round(confidence),
    summary: lasts ? cycleSentence(cycle) : `seen once, not proven: ${cycleSentence(cycle)}`,
    cycle,
    bystanders: bystandersOf(built.graph, cycle, dump, previous),
    cuts: [...rule.cuts],
    unknowns,
  };
}

/** `previous` waits for this step's thread: what it waits for is what this thread holds. */
function cycleStep(graph: WaitGraph, pid: number, step: Step, previous: Step | undefined): CycleStep {
  const held = (previous ?? step).hold;
  return {
    actor: { pid, tid: step.from, name: graph.nameOf(step.from) },
    holds: held.resource,
    holdsEvidence: held.evidence,
    waitsFor: step.wait.resource,
    waitsEvidence: step.wait.evidence,
    frame: step.wait.frame,
  };
}

/** The story starts with whoever holds the runtime's lock: that is the thread people look for. */
function fromRuntimeLock(steps: readonly Step[]): Step[] {
  const toHolder = steps.findIndex((step) => parseResource(step.wait.resource).kind === 'runtime-lock');
  return [...steps.slice(toHolder + 1), ...steps.slice(0, toHolder + 1)];
}

/** The same threads stood in the same waits, and none has waited a shorter time since. */
function isIn(before: WaitGraph, cycle: readonly Step[]): boolean {
  return cycle.every((step) => {
    const wait = before.waits.get(step.from);
    if (wait?.resource !== step.wait.resource) return false;
    const { waitingMs } = step.wait;
    if (waitingMs !== undefined && wait.waitingMs !== undefined && waitingMs < wait.waitingMs) return false;
    return before.holdersOf(step.wait.resource).some((hold) => hold.tid === step.to);
  });
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}

function otherCycles(count: number): string {
  return count === 1
    ? 'There is one more cycle apart from this one.'
    : `There are ${count} more cycles apart from this one.`;
}

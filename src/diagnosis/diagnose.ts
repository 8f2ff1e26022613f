/**
 * From a process dump to a verdict. Pure: the same dumps always give the same verdict, wherever they came from.
 *
 *   dump -> claims (per source) -> wait-for graph -> cycles -> family, confidence, cuts
 */
import { type BuiltGraph, buildGraph } from './build-graph.js';
import { bystandersOf } from './bystanders.js';
import { confidenceOf, raised } from './confidence.js';
import { cutsOf } from './cuts.js';
import { cycleStep } from './cycle-step.js';
import { findCycles } from './cycles.js';
import { familyOf } from './families.js';
import { sayPlace } from './frames.js';
import { goneVerdict } from './gone.js';
import { ownersElsewhere } from './owners-elsewhere.js';
import type { ProcessDump } from './process-dump.js';
import { claimsOfCycle, sayOpenLock } from './proof.js';
import { quietVerdict } from './quiet.js';
import { isText } from './reading.js';
import { parseResource } from './resources.js';
import { abandonedSentence, cycleSentence } from './summary.js';
import type { Actor, CycleStep, Verdict } from './verdict.js';
import type { Step, WaitEdge, WaitGraph } from './wait-graph.js';

/**
 * @param dump the newest dump.
 * @param previous an earlier dump of the same process: a deadlock must be in both, and CPU time is compared.
 */
export function diagnose(dump: ProcessDump, previous?: ProcessDump): Verdict {
  const built = buildGraph(dump);
  const before = previous && buildGraph(previous);
  const unknowns = [...built.contradictions, ...dump.lacks, ...ownersElsewhere(dump)];
  if (previous === undefined) {
    unknowns.push(
      'There is one dump only: a wait that was about to end looks the same as one that never ends.',
    );
  }
  const cycles = findCycles(built.graph);
  if (cycles.length > 0) return cycleVerdict({ built, cycles, unknowns, dump }, before, previous);
  const abandoned = built.abandoned.find((wait) => before === undefined || isAbandonedIn(before, wait));
  if (abandoned !== undefined) {
    return {
      kind: 'deadlock',
      family: dump.threads.length === 1 || dump.forkedFrom !== undefined ? 'fork-held-lock' : 'other',
      confidence: 0.9,
      summary: abandonedSentence(built.graph, abandoned),
      cycle: [],
      bystanders: bystandersOf(built.graph, [], dump, previous),
      cuts: ['Do not fork while another thread holds a lock, and release locks before a thread ends.'],
      unknowns,
    };
  }
  const gone = goneVerdict(built, before, unknowns, dump, previous);
  if (gone !== undefined) return gone;
  const verdict = quietVerdict(built, unknowns, dump, previous);
  return before === undefined ? verdict : raised(verdict, built.graph, before.graph);
}

/** Below it a cycle is a suspicion: one of its edges looks the same in a process that goes on. */
const leastSure = 0.45;

/** An owner may end between the two readings of one lock; in both dumps it is gone for good. */
function isAbandonedIn(before: BuiltGraph, { tid, resource }: WaitEdge): boolean {
  return before.abandoned.some((wait) => wait.tid === tid && wait.resource === resource);
}

interface Found {
  built: BuiltGraph;
  cycles: readonly Step[][];
  unknowns: string[];
  dump: ProcessDump;
}

function cycleVerdict(
  { built, cycles, unknowns, dump }: Found,
  before: BuiltGraph | undefined,
  previous: ProcessDump | undefined,
): Verdict {
  const { graph } = built;
  const lasting = before && cycles.find((cycle) => isIn(before.graph, cycle));
  const steps = fromRuntimeLock(lasting ?? cycles[0] ?? []);
  const lasts = before === undefined || lasting !== undefined;
  if (!lasts)
    unknowns.push('The dump before this one does not show the cycle: its threads may still be moving.');
  if (cycles.length > 1) unknowns.push(otherCycles(cycles.length - 1));
  if (isText(dump)) unknowns.push(...built.open.map((lock) => sayOpenLock(graph, lock)));

  const cycle = steps.map((step, index) => stepOfCycle(graph, dump, step, steps.at(index - 1)));
  const rule = familyOf(cycle.map((step) => step.waitsFor));
  const confidence = confidenceOf(steps, {
    isText: isText(dump),
    contradictions: built.contradictions.length,
    hasPrevious: previous !== undefined,
    lasts,
  });
  const isShown = lasts && (!isText(dump) || confidence >= leastSure);
  return {
    kind: isShown ? 'deadlock' : 'unknown',
    family: rule.family,
    confidence,
    summary: isShown ? cycleSentence(cycle) : `seen once, not proven: ${cycleSentence(cycle)}`,
    cycle,
    bystanders: bystandersOf(graph, cycle, dump, previous),
    ...(isText(dump) ? { claims: claimsOfCycle(graph, steps, dump.pid) } : {}),
    cuts: cutsOf(rule, cycle, dump),
    unknowns,
  };
}

/** `previous` waits for this step's thread: what it waits for is what this thread holds. */
function stepOfCycle(graph: WaitGraph, dump: ProcessDump, step: Step, previous: Step | undefined): CycleStep {
  const held = (previous ?? step).hold;
  const alike = isText(dump) ? alikeTo(graph, dump.pid, step, held.resource) : [];
  const site = isText(dump) ? siteOf(dump, step.from) : undefined;
  return {
    ...cycleStep(graph, dump, held, step.wait),
    ...(site === undefined ? {} : { site }),
    ...(alike.length === 0 ? {} : { alike }),
  };
}

/** Eight host functions that wait for the GIL are one party of the cycle, eight times. */
function alikeTo(graph: WaitGraph, pid: number, step: Step, holds: string): Actor[] {
  const others = graph
    .holdersOf(holds)
    .filter(({ tid }) => tid !== step.from && graph.waits.get(tid)?.resource === step.wait.resource);
  return others.map(({ tid }) => ({ pid, tid, name: graph.nameOf(tid) }));
}

/** The line of Python from which the thread went where it stands. */
function siteOf(dump: ProcessDump, tid: number): string | undefined {
  const frames = dump.threads.find((thread) => thread.tid === tid)?.frames ?? [];
  const python = frames.find((frame) => frame.runtime === 'python' && frame.file !== undefined);
  return python && sayPlace(python);
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

function otherCycles(count: number): string {
  return count === 1
    ? 'There is one more cycle apart from this one.'
    : `There are ${count} more cycles apart from this one.`;
}

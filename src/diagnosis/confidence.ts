/** How sure a verdict is. */
import { inferredIn } from './cycles.js';
import type { Verdict } from './verdict.js';
import type { Step, WaitGraph } from './wait-graph.js';

/** Nothing that is read from a live process is certain: registers move, memory is read piece by piece. */
const surest = 0.99;
/** Each factor lowers the confidence once. */
const factors = { inferredEdge: 0.85, contradiction: 0.9, singleDump: 0.9, notInBothDumps: 0.4 } as const;
/** In a text nearly every edge is inferred, and edges that close a cycle support each other. */
const edgeOfText = 0.97;

interface Circumstances {
  isText: boolean;
  contradictions: number;
  hasPrevious: boolean;
  /** The cycle is in both dumps, or there is only one. */
  lasts: boolean;
}

export function confidenceOf(steps: readonly Step[], found: Circumstances): number {
  const edges = found.isText ? weakest(steps) : product(steps);
  return round(
    surest *
      edges *
      factors.contradiction ** found.contradictions *
      (found.hasPrevious ? 1 : factors.singleDump) *
      (found.lasts ? 1 : factors.notInBothDumps),
  );
}

/** Of a live process most is read: each inference counts by itself. */
function product(steps: readonly Step[]): number {
  const inferred = steps
    .flatMap(({ wait, hold }) => [wait, hold])
    .filter(({ evidence }) => evidence !== 'read');
  return inferred.reduce((sure, { confidence = 1 }) => sure * Math.min(factors.inferredEdge, confidence), 1);
}

/** A chain of inferences is no surer than its weakest link. */
function weakest(steps: readonly Step[]): number {
  const edges = steps.flatMap(({ wait, hold }) => [wait, hold]);
  const sureness = edges.map(({ evidence, confidence }) =>
    evidence === 'read' ? 1 : (confidence ?? factors.inferredEdge),
  );
  return Math.min(1, ...sureness) * edgeOfText ** inferredIn(steps);
}

/** The same waits in two dumps: what could have been a passing moment was none. */
export function raised(verdict: Verdict, now: WaitGraph, before: WaitGraph): Verdict {
  if (verdict.kind !== 'unknown' || verdict.family === 'none' || now.waits.size === 0) return verdict;
  const lasting = [...now.waits.values()].filter(
    (wait) => before.waits.get(wait.tid)?.resource === wait.resource,
  );
  const share = lasting.length / now.waits.size;
  const confidence =
    share === 1 ? 1 - (1 - verdict.confidence) * 0.6 : verdict.confidence * (0.5 + share / 2);
  return { ...verdict, confidence: round(confidence) };
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}

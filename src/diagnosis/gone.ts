/**
 * Waits for somebody who is no more. No cycle: the last thread of such a chain waits for what a process that has died
 * was to provide. As long as nobody but that thread's waiters stands there the process goes on; when one of them has
 * the runtime's lock, everybody waits for the dead.
 */
import type { BuiltGraph } from './build-graph.js';
import { bystandersOf } from './bystanders.js';
import { cycleStep } from './cycle-step.js';
import { familyOf } from './families.js';
import type { ProcessDump } from './process-dump.js';
import { parseResource } from './resources.js';
import { chainSentence } from './summary.js';
import type { Verdict } from './verdict.js';
import type { HoldEdge, WaitEdge, WaitGraph } from './wait-graph.js';

/** One thread of a chain: what it holds for the one before it, and what it waits for. */
interface Link {
  hold: HoldEdge;
  wait: WaitEdge;
}

/** From the holder of a runtime's lock to a wait for somebody who is gone; the same in both dumps. */
export function goneVerdict(
  { graph, gone }: BuiltGraph,
  before: BuiltGraph | undefined,
  unknowns: string[],
  dump: ProcessDump,
  previous?: ProcessDump,
): Verdict | undefined {
  const links = chainIn(graph, gone);
  if (links === undefined) return undefined;
  if (before !== undefined && !isSame(links, chainIn(before.graph, before.gone))) return undefined;
  const chain = links.map(({ hold, wait }) => cycleStep(graph, dump, hold, wait));
  const rule = familyOf(
    links.flatMap(({ hold, wait }, at) => (at === 0 ? [hold.resource] : []).concat(wait.resource)),
  );
  return {
    kind: 'deadlock',
    family: rule.family,
    confidence: previous === undefined ? 0.65 : 0.9,
    summary: chainSentence(chain),
    cycle: [],
    chain,
    bystanders: bystandersOf(graph, chain, dump, previous).map((each) => ({
      ...each,
      why: each.why.replace('the cycle', 'the chain'),
    })),
    cuts: [...rule.cuts],
    unknowns,
  };
}

function chainIn(graph: WaitGraph, gone: readonly WaitEdge[]): Link[] | undefined {
  for (const last of gone) {
    const chain = chainTo(graph, last, new Set());
    if (chain !== undefined) return chain;
  }
  return undefined;
}

/** Backwards from `wait` along those who wait for its thread, to one that holds a runtime's lock. */
function chainTo(graph: WaitGraph, wait: WaitEdge, seen: Set<number>): Link[] | undefined {
  if (seen.has(wait.tid)) return undefined;
  seen.add(wait.tid);
  const lock = graph.heldBy(wait.tid).find(({ resource }) => parseResource(resource).kind === 'runtime-lock');
  if (lock !== undefined) return [{ hold: lock, wait }];
  for (const waiter of graph.waits.values()) {
    const step = graph.stepsFrom(waiter.tid).find(({ to }) => to === wait.tid);
    const chain = step === undefined ? undefined : chainTo(graph, waiter, seen);
    if (step !== undefined && chain !== undefined) return [...chain, { hold: step.hold, wait }];
  }
  return undefined;
}

function isSame(links: readonly Link[], others: readonly Link[] | undefined): boolean {
  return (
    links.length === others?.length &&
    links.every(({ wait }, at) => {
      const other = others[at]?.wait;
      return other?.tid === wait.tid && other.resource === wait.resource;
    })
  );
}

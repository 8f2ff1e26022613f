/** Cycles of a wait-for graph: strongly connected components (Tarjan 1972), then the shortest cycle of each. */
import { inferredEdges, type Step, type WaitGraph } from './wait-graph.js';

/** One cycle per component: the shortest, among those the one with the fewest inferred edges. Ordered by thread id. */
export function findCycles(graph: WaitGraph): Step[][] {
  const cycles: Step[][] = [];
  for (const component of components(graph)) {
    const cycle = shortestCycle(graph, component);
    if (cycle !== undefined) cycles.push(cycle);
  }
  return cycles.sort((a, b) => (a[0]?.from ?? 0) - (b[0]?.from ?? 0));
}

/** Iterative, so that a chain of thousands of threads cannot overflow the stack. */
function components(graph: WaitGraph): Set<number>[] {
  const found: Set<number>[] = [];
  const index = new Map<number, number>();
  const low = new Map<number, number>();
  const open: number[] = [];
  const isOpen = new Set<number>();

  for (const root of graph.waits.keys()) {
    if (index.has(root)) continue;
    const work: { tid: number; next: number; steps: Step[] }[] = [];
    const enter = (tid: number): void => {
      index.set(tid, index.size);
      low.set(tid, index.size - 1);
      open.push(tid);
      isOpen.add(tid);
      work.push({ tid, next: 0, steps: graph.stepsFrom(tid) });
    };
    const lower = (tid: number, value: number): void => {
      low.set(tid, Math.min(low.get(tid) ?? value, value));
    };
    enter(root);
    for (let top = work.at(-1); top !== undefined; top = work.at(-1)) {
      const step = top.steps[top.next++];
      if (step !== undefined) {
        const seen = index.get(step.to);
        if (seen === undefined) enter(step.to);
        else if (isOpen.has(step.to)) lower(top.tid, seen);
        continue;
      }
      work.pop();
      const parent = work.at(-1);
      const ownLow = low.get(top.tid) ?? 0;
      if (parent !== undefined) lower(parent.tid, ownLow);
      if (ownLow === index.get(top.tid)) found.push(closeComponent(top.tid, open, isOpen));
    }
  }
  return found;
}

function closeComponent(root: number, open: number[], isOpen: Set<number>): Set<number> {
  const component = new Set<number>();
  for (let tid = open.pop(); tid !== undefined; tid = open.pop()) {
    isOpen.delete(tid);
    component.add(tid);
    if (tid === root) break;
  }
  return component;
}

function shortestCycle(graph: WaitGraph, component: ReadonlySet<number>): Step[] | undefined {
  let best: Step[] | undefined;
  for (const start of [...component].sort((a, b) => a - b)) {
    const cycle = shortestCycleThrough(graph, component, start);
    if (cycle !== undefined && (best === undefined || isBetter(cycle, best))) best = cycle;
  }
  return best;
}

/** Breadth first, so the first way back to `start` is a shortest one. */
function shortestCycleThrough(
  graph: WaitGraph,
  component: ReadonlySet<number>,
  start: number,
): Step[] | undefined {
  const cameBy = new Map<number, Step>();
  const queue = [start];
  for (const tid of queue) {
    for (const step of graph.stepsFrom(tid)) {
      if (!component.has(step.to)) continue;
      if (step.to === start) return wayTo(tid, start, cameBy).concat(step);
      if (cameBy.has(step.to)) continue;
      cameBy.set(step.to, step);
      queue.push(step.to);
    }
  }
  return undefined;
}

function wayTo(tid: number, start: number, cameBy: ReadonlyMap<number, Step>): Step[] {
  const way: Step[] = [];
  for (let at = tid; at !== start; ) {
    const step = cameBy.get(at);
    if (step === undefined) break;
    way.unshift(step);
    at = step.from;
  }
  return way;
}

function isBetter(a: readonly Step[], b: readonly Step[]): boolean {
  if (a.length !== b.length) return a.length < b.length;
  return inferredIn(a) < inferredIn(b);
}

export function inferredIn(cycle: readonly Step[]): number {
  return cycle.reduce((sum, step) => sum + inferredEdges(step), 0);
}

import { describe, expect, it } from 'vitest';
import { findCycles } from '../../src/diagnosis/cycles.js';
import type { Evidence } from '../../src/diagnosis/process-dump.js';
import { WaitGraph } from '../../src/diagnosis/wait-graph.js';

/** Each edge: who waits for whom. */
function graphOf(edges: [number, number, Evidence?][]): WaitGraph {
  const graph = new WaitGraph();
  for (const [from, to, evidence = 'read'] of edges) {
    const resource = `mutex:of ${from}`;
    graph.addWait({ tid: from, resource, evidence: 'read', frame: 'lock' });
    graph.addHold({ tid: to, resource, evidence });
  }
  return graph;
}

const tids = (graph: WaitGraph) => findCycles(graph).map((cycle) => cycle.map((step) => step.from));

describe('findCycles', () => {
  it('finds nothing in a chain', () => {
    expect(
      tids(
        graphOf([
          [1, 2],
          [2, 3],
        ]),
      ),
    ).toEqual([]);
  });

  it('finds a ring, and not the tail that leads into it', () => {
    expect(
      tids(
        graphOf([
          [9, 1],
          [1, 2],
          [2, 3],
          [3, 1],
        ]),
      ),
    ).toEqual([[1, 2, 3]]);
  });

  it('finds a thread that waits for itself', () => {
    expect(tids(graphOf([[4, 4]]))).toEqual([[4]]);
  });

  it('finds one cycle per group of threads', () => {
    expect(
      tids(
        graphOf([
          [1, 2],
          [2, 1],
          [3, 4],
          [4, 3],
        ]),
      ),
    ).toEqual([
      [1, 2],
      [3, 4],
    ]);
  });

  it('prefers what was read over what was inferred, at the same length', () => {
    const graph = graphOf([
      [1, 2, 'inferred'],
      [1, 3],
      [2, 1],
      [3, 1],
    ]);
    expect(tids(graph)).toEqual([[1, 3]]);
  });

  it('gives the same answer whatever the order of the edges', () => {
    const edges: [number, number][] = [
      [1, 2],
      [2, 3],
      [3, 1],
      [3, 4],
      [4, 1],
      [2, 1],
    ];
    expect(tids(graphOf(edges.toReversed()))).toEqual(tids(graphOf(edges)));
  });

  it('walks a chain of ten thousand threads', () => {
    const ring = Array.from({ length: 10_000 }, (_, tid): [number, number] => [tid, tid + 1]);
    expect(findCycles(graphOf(ring))).toEqual([]);
  });
});

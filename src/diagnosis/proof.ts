/** What a verdict rests on, claim by claim. */

import type { BuiltGraph } from './build-graph.js';
import type { Ground } from './claims.js';
import type { OpenLock } from './elimination.js';
import type { Evidence, ProcessDump } from './process-dump.js';
import { readThread, surest } from './reading.js';
import { sayHolds, sayWaits } from './resources.js';
import { sayFirst } from './say-first.js';
import type { Claim } from './verdict.js';
import type { Step, WaitGraph } from './wait-graph.js';

/** More claims than this nobody reads; threads that stand alike make the same one anyway. */
const mostClaims = 50;

export function claimsOfCycle(graph: WaitGraph, steps: readonly Step[], pid: number): Claim[] {
  return steps.flatMap((step, index) => {
    const held = (steps.at(index - 1) ?? step).hold;
    return [
      claim(graph, pid, step.from, sayHolds(held.resource), held),
      claim(graph, pid, step.from, `waits for ${sayWaits(step.wait.resource)}`, step.wait),
    ];
  });
}

/** Where there is no cycle: every wait for a lock, every suspicion, every holder that is known. */
export function claimsOfWaits({ graph }: BuiltGraph, dump: ProcessDump): Claim[] {
  const claims: Claim[] = [];
  const seen = new Set<string>();
  const add = (key: string, made: Claim): void => {
    if (seen.has(key) || claims.length >= mostClaims) return;
    seen.add(key);
    claims.push(made);
  };
  for (const wait of graph.waits.values()) {
    add(
      `${wait.resource} ${wait.frame}`,
      claim(graph, dump.pid, wait.tid, `waits for ${sayWaits(wait.resource)}`, wait),
    );
    for (const hold of graph.holdersOf(wait.resource)) {
      add(`${hold.tid} ${hold.resource}`, claim(graph, dump.pid, hold.tid, sayHolds(hold.resource), hold));
    }
  }
  for (const thread of dump.threads) {
    const suspicion = surest(readThread(thread, dump), 'suspects', 'fork-child', 'collective');
    if (suspicion === undefined) continue;
    const { rule, at } = suspicion;
    const frame = thread.frames[at];
    const line = frame?.sourceLine ?? thread.sourceLine;
    const says = {
      suspects: 'is known to hang here',
      'fork-child': 'is a forked child',
      collective: 'waits for other ranks',
    };
    const kind = rule.means.kind as keyof typeof says;
    add(`${rule.id} ${frame?.function}`, {
      actor: { pid: dump.pid, tid: thread.tid, name: graph.nameOf(thread.tid) },
      says: says[kind],
      evidence: 'inferred',
      ...(frame?.function === undefined ? {} : { frame: frame.function }),
      ...(line === undefined ? {} : { line }),
      rule: rule.id,
    });
  }
  return claims;
}

function claim(
  graph: WaitGraph,
  pid: number,
  tid: number,
  says: string,
  ground: Ground & { evidence: Evidence },
): Claim {
  const { evidence, frame, line, rule, because } = ground;
  return {
    actor: { pid, tid, name: graph.nameOf(tid) },
    says,
    evidence,
    ...(frame === undefined ? {} : { frame }),
    ...(line === undefined ? {} : { line }),
    ...(rule === undefined ? {} : { rule }),
    ...(because === undefined ? {} : { because }),
  };
}

/** The missing piece, in words. */
export function sayOpenLock(graph: WaitGraph, { resource, candidates }: OpenLock): string {
  const what = `Who ${sayHolds(resource)} is not known`;
  if (candidates.length === 0) return `${what}: no thread of this dump is seen to.`;
  const name = (tid: number) => `${graph.nameOf(tid)} (tid ${tid})`;
  return `${what}: it could be ${sayFirst(candidates, 4, name, { between: ', ', rest: ' or ' })}.`;
}

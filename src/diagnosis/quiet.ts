/** The verdicts without a cycle: somebody works, waits for the outside, waits for nobody known, or rests. */
import { activityOf } from './activity.js';
import { bystandersOf } from './bystanders.js';
import type { ProcessDump } from './process-dump.js';
import { threadsSentence, waitersSentence } from './summary.js';
import type { Verdict } from './verdict.js';
import type { WaitGraph } from './wait-graph.js';

/** One dump cannot tell a thread that works from one that was caught awake. */
const sureness = { twoDumps: 0.9, oneDump: 0.5, unexplained: 0.5 } as const;

export function quietVerdict(
  graph: WaitGraph,
  unknowns: string[],
  dump: ProcessDump,
  previous?: ProcessDump,
): Verdict {
  const bystanders = bystandersOf(graph, [], dump, previous);
  const verdict = (kind: Verdict['kind'], confidence: number, summary: string): Verdict => {
    return { kind, family: 'none', confidence, summary, cycle: [], bystanders, cuts: [], unknowns };
  };
  const activities = new Set(
    dump.threads
      .filter((thread) => !graph.waits.has(thread.tid) || thread.state === 'R')
      .map((thread) => activityOf(thread, dump, previous)),
  );
  const sure = previous === undefined ? sureness.oneDump : sureness.twoDumps;
  if (activities.has('runs')) {
    return verdict('busy', sure, threadsSentence(graph, dump, 'runs', previous));
  }
  const unexplained = [...graph.waits.keys()].some((tid) => !endsOutside(graph, tid, dump));
  if (unexplained) return verdict('unknown', sureness.unexplained, waitersSentence(graph));
  if (activities.has('waits for the outside')) {
    return verdict('waiting-external', sure, threadsSentence(graph, dump, 'waits for the outside', previous));
  }
  unknowns.push('Who would signal a condition variable or post a semaphore is recorded nowhere.');
  return verdict('idle', sure, 'every thread rests, and none waits for what another holds');
}

/** True when the chain of waits ends at a thread that waits for the outside: then that thread is the reason. */
function endsOutside(graph: WaitGraph, tid: number, dump: ProcessDump): boolean {
  const seen = new Set([tid]);
  for (const at of seen) {
    for (const step of graph.stepsFrom(at)) seen.add(step.to);
  }
  seen.delete(tid);
  return dump.threads.some(
    (thread) => seen.has(thread.tid) && activityOf(thread, dump) === 'waits for the outside',
  );
}

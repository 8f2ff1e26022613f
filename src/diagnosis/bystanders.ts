/** The threads outside a cycle, and why each is where it is. */
import { type Activity, activityOf } from './activity.js';
import type { ProcessDump, ThreadDump } from './process-dump.js';
import { isText, readThread, surest, whatOf } from './reading.js';
import type { Bystander, CycleStep } from './verdict.js';
import type { WaitGraph } from './wait-graph.js';

const reasons: Readonly<Record<Activity, string>> = {
  runs: 'runs',
  'waits for the outside': 'waits for input, a timer or another process',
  idle: 'idle',
  unclear: 'stands in a call that this dump does not show',
};

export function bystandersOf(
  graph: WaitGraph,
  cycle: readonly CycleStep[],
  dump: ProcessDump,
  previous?: ProcessDump,
): Bystander[] {
  const inCycle = new Set(
    cycle.flatMap(({ actor, alike = [] }) => [actor.tid, ...alike.map((other) => other.tid)]),
  );
  const contested = new Set(cycle.map((step) => step.waitsFor));
  const threads = new Map(dump.threads.map((thread) => [thread.tid, thread]));
  const bystanders: Bystander[] = [];
  for (const [tid, name] of graph.threads) {
    if (inCycle.has(tid)) continue;
    const wait = graph.waits.get(tid);
    bystanders.push({
      actor: { pid: dump.pid, tid, name },
      ...(wait === undefined ? {} : { waitsFor: wait.resource }),
      why: wait ? whyWaiting(graph, tid, inCycle, contested) : whyNot(threads.get(tid), dump, previous),
    });
  }
  return bystanders.sort((a, b) => Number(!a.waitsFor) - Number(!b.waitsFor) || a.actor.tid - b.actor.tid);
}

function whyWaiting(
  graph: WaitGraph,
  tid: number,
  inCycle: ReadonlySet<number>,
  contested: ReadonlySet<string>,
): string {
  if (contested.has(graph.waits.get(tid)?.resource ?? '')) return 'waits for a lock of the cycle';
  if (reaches(graph, tid, inCycle)) return 'waits for a thread that is stuck behind the cycle';
  return graph.stepsFrom(tid).length > 0
    ? 'waits for another thread'
    : 'waits; who would let it go on is not known';
}

function reaches(graph: WaitGraph, from: number, targets: ReadonlySet<number>): boolean {
  const seen = new Set([from]);
  for (const tid of seen) {
    for (const step of graph.stepsFrom(tid)) {
      if (targets.has(step.to)) return true;
      seen.add(step.to);
    }
  }
  return false;
}

function whyNot(thread: ThreadDump | undefined, dump: ProcessDump, previous?: ProcessDump): string {
  if (thread === undefined) return 'not in the dump';
  const activity = activityOf(thread, dump, previous);
  if (!isText(dump) || activity === 'runs') return reasons[activity];
  const rest = surest(readThread(thread, dump), 'idle', 'waits-external', 'suspects');
  if (rest === undefined) return reasons[activity];
  const { kind } = rest.rule.means;
  return kind === 'idle' ? `rests: ${whatOf(rest)}` : `waits for ${whatOf(rest)}`;
}

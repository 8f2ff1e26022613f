/** The verdicts without a cycle: somebody works, waits for the outside, waits for nobody known, or rests. */
import { type Activity, activityOf } from './activity.js';
import type { BuiltGraph } from './build-graph.js';
import { bystandersOf } from './bystanders.js';
import { causeOfDeath } from './crash.js';
import { likelyFamily } from './likely.js';
import type { ProcessDump, ThreadDump } from './process-dump.js';
import { claimsOfWaits, sayOpenLock } from './proof.js';
import { isText } from './reading.js';
import { standstill } from './standstill.js';
import { likelySentence, spinSentence, threadsSentence, waitersSentence } from './summary.js';
import { suspectedAtRest } from './suspicions.js';
import type { Family, Verdict } from './verdict.js';
import type { WaitGraph } from './wait-graph.js';

/** One dump cannot tell a thread that works from one that was caught awake. */
const sureness = {
  twoDumps: 0.9,
  oneDump: 0.5,
  unexplained: 0.5,
  weak: 0.4,
  crashed: 0.9,
  nobodyCanEndIt: 0.65,
} as const;

export function quietVerdict(
  built: BuiltGraph,
  unknowns: string[],
  dump: ProcessDump,
  previous?: ProcessDump,
): Verdict {
  const { graph } = built;
  const bystanders = bystandersOf(graph, [], dump, previous);
  const claims = isText(dump) ? { claims: claimsOfWaits(built, dump) } : {};
  const verdict = (
    kind: Verdict['kind'],
    confidence: number,
    summary: string,
    family: Family = 'none',
  ): Verdict => {
    return { kind, family, confidence, summary, cycle: [], bystanders, ...claims, cuts: [], unknowns };
  };
  const still = isText(dump) ? undefined : standstill(dump, previous);
  if (still !== undefined) {
    const { kind, family, confidence, summary, cuts } = still;
    return { ...verdict(kind, confidence, summary, family), cuts: [...cuts] };
  }
  const sure = previous === undefined ? sureness.oneDump : sureness.twoDumps;
  const activities = activitiesOf(graph, dump, previous);
  if (!isText(dump) && activities.has('runs')) {
    return verdict('busy', sure, threadsSentence(graph, dump, 'runs', previous));
  }
  const explained = explainedIn(graph, dump);
  const stuck = [...graph.waits.values()].filter((wait) => !explained.has(wait.tid));
  if (isText(dump)) {
    const likely = likelyFamily(stuck, graph, dump);
    if (likely !== undefined) {
      unknowns.push(...built.open.map((lock) => sayOpenLock(graph, lock)));
      const summary = likelySentence(graph, likely, stuck);
      return likely.isCertain
        ? verdict('deadlock', sureness.nobodyCanEndIt, summary, likely.family)
        : verdict('unknown', sureness.unexplained, summary, likely.family);
    }
    const death = causeOfDeath(dump);
    if (death !== undefined) {
      return verdict('crashed', sureness.crashed, `the process died, and was not hanging: ${death}`);
    }
    if (stuck.length > 0 && stuck.every((wait) => wait.isBrief)) {
      return verdict(
        'busy',
        sureness.oneDump,
        `${waitersSentence(graph)}; such a lock is only held for moments`,
      );
    }
    if (activities.has('runs')) {
      return verdict('busy', sure, threadsSentence(graph, dump, 'runs', previous));
    }
  }
  if (stuck.length > 0) return verdict('unknown', sureness.unexplained, waitersSentence(graph));
  if (activities.has('waits for the outside')) {
    // Nobody runs, as we have seen: who is in state R nevertheless spins until the outside answers.
    const spins = dump.threads.some(({ state, tid }) => {
      return state === 'R' && (isText(dump) || graph.waits.get(tid)?.canEndOutside);
    });
    if (spins) return verdict('waiting-external', sure, spinSentence(graph, dump), 'spin-wait');
    return verdict('waiting-external', sure, threadsSentence(graph, dump, 'waits for the outside', previous));
  }
  const atRest = isText(dump) ? suspectedAtRest(dump) : undefined;
  if (atRest !== undefined) {
    return verdict('unknown', sureness.weak, likelySentence(graph, atRest, stuck), atRest.family);
  }
  if (activities.has('unclear')) {
    return verdict('unknown', sureness.unexplained, threadsSentence(graph, dump, 'unclear', previous));
  }
  unknowns.push('Who would signal a condition variable or post a semaphore is recorded nowhere.');
  return verdict('idle', sure, 'every thread rests, and none waits for what another holds');
}

function activitiesOf(graph: WaitGraph, dump: ProcessDump, previous?: ProcessDump): Set<Activity> {
  const activities = new Set<Activity>();
  for (const thread of dump.threads) {
    const wait = graph.waits.get(thread.tid);
    if (wait?.canEndOutside) activities.add('waits for the outside');
    else if (wait === undefined || (!isText(dump) && thread.state === 'R')) {
      activities.add(activityOf(thread, dump, previous));
    }
  }
  return activities;
}

/**
 * Threads whose chain of waits ends outside of the process, or at a thread that works: then that is the reason. Found
 * backwards from those that go on, as a dump may have a hundred thousand threads behind one lock.
 */
function explainedIn(graph: WaitGraph, dump: ProcessDump): Set<number> {
  const waitersOf = new Map<string, number[]>();
  const wantedOf = new Map<number, string[]>();
  for (const { tid, resource } of graph.waits.values()) {
    const isNew = !waitersOf.has(resource);
    append(waitersOf, resource, tid);
    if (isNew) for (const hold of graph.holdersOf(resource)) append(wantedOf, hold.tid, resource);
  }
  const goingOn = dump.threads.filter((thread) => goesOn(graph, thread, dump)).map((thread) => thread.tid);
  const explained = new Set<number>();
  const reached = new Set(goingOn);
  for (const tid of reached) {
    for (const resource of wantedOf.get(tid) ?? []) {
      for (const waiter of waitersOf.get(resource) ?? []) {
        if (waiter !== tid) explained.add(waiter);
        reached.add(waiter);
      }
      // Once is enough: all its waiters are reached.
      waitersOf.delete(resource);
    }
  }
  const isGoing = new Set(goingOn);
  for (const { tid, resource, canEndOutside } of graph.waits.values()) {
    // Which thread it joins is not known, but whichever it is, it goes on.
    const others = dump.threads.length - 1;
    const allGoOn = others > 0 && isGoing.size - Number(isGoing.has(tid)) >= others;
    if (canEndOutside || (resource === 'thread:unknown' && allGoOn)) explained.add(tid);
  }
  return explained;
}

function append<Key, Value>(lists: Map<Key, Value[]>, key: Key, value: Value): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [value]);
  else list.push(value);
}

function goesOn(graph: WaitGraph, thread: ThreadDump, dump: ProcessDump): boolean {
  const wait = graph.waits.get(thread.tid);
  if (wait !== undefined) return wait.canEndOutside === true;
  const activity = activityOf(thread, dump);
  return activity === 'waits for the outside' || (isText(dump) && activity === 'runs');
}

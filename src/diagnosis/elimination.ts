/** A lock that is wanted and that nobody is known to hold belongs to the only thread that can hold it. */
import { type Claims, type HoldClaim, type Strength, threadsThatSpeak } from './claims.js';
import type { ProcessDump } from './process-dump.js';
import { isText, readThread, surest } from './reading.js';
import { isLock, parseResource } from './resources.js';
import { gil } from './rules/rule.js';
import { placedClaims } from './sources/placed.js';
import type { WaitGraph } from './wait-graph.js';

/** A lock that is wanted and whose holder could not be made out. */
export interface OpenLock {
  resource: string;
  waiters: number[];
  /** Who could hold it; empty when nobody in the dump could. */
  candidates: number[];
}

const strengths: readonly Strength[] = ['placed', 'possible', 'resting', 'itself'];
const sureness: Readonly<Record<Strength, number>> = {
  placed: 0.85,
  possible: 0.8,
  resting: 0.5,
  itself: 0.45,
};
/** One of so many, and of more: that says nothing of any of them. */
const mostOthers = 50;
/** A thread of the dump that waits for another lock, and of which nothing else is known. */
const otherWaiter = 0.65;

export function eliminate(graph: WaitGraph, claims: Claims, dump: ProcessDump): OpenLock[] {
  const speaks = threadsThatSpeak(claims);
  const guesses = claims.holds.filter((hold) => hold.byElimination && !speaks.has(hold.tid));
  const wanted = mostWanted(graph, dump);
  if (isText(dump)) {
    const readings = dump.threads.map((thread) => readThread(thread, dump));
    const waits = [...graph.waits.values()].filter((wait) => wanted.has(wait.resource));
    for (const claim of placedClaims(waits, readings)) guesses.push(claim);
  }
  const open: OpenLock[] = [];
  for (const [resource, waiters] of wanted) {
    const candidates = candidatesFor(graph, resource, guesses, dump);
    const [only] = candidates;
    if (only !== undefined && candidates.length === 1) graph.addHold(only);
    else open.push({ resource, waiters, candidates: candidates.map((claim) => claim.tid) });
  }
  // Only now are all holders known that could close a cycle. On a live process memory has the last word.
  return isText(dump) ? open.filter((lock) => !closesAnyway(graph, lock)) : open;
}

/** Each lock is held against each thread, which in a dump of a hundred thousand threads takes hours. */
const pairs = 400_000;
const fewest = 16;

/** Locks of which no holder is known; only those that most threads wait for, where there are too many. */
function mostWanted(graph: WaitGraph, dump: ProcessDump): Map<string, number[]> {
  const wanted = [...wantedBy(graph)].filter(([resource]) => graph.holdersOf(resource).length === 0);
  const room = Math.max(fewest, Math.floor(pairs / dump.threads.length));
  if (wanted.length <= room) return new Map(wanted);
  return new Map(wanted.sort(([, one], [, other]) => other.length - one.length).slice(0, room));
}

function wantedBy(graph: WaitGraph): Map<string, number[]> {
  const wanted = new Map<string, number[]>();
  for (const { resource, tid } of graph.waits.values()) {
    const waiters = wanted.get(resource);
    if (waiters === undefined) wanted.set(resource, [tid]);
    else waiters.push(tid);
  }
  return wanted;
}

type Guess = Parameters<WaitGraph['addHold']>[0];

function candidatesFor(
  graph: WaitGraph,
  resource: string,
  guesses: readonly HoldClaim[],
  dump: ProcessDump,
): Guess[] {
  for (const strength of strengths) {
    const found = new Map<number, Guess>();
    for (const guess of guesses) {
      if (guess.resource !== resource || guess.byElimination !== strength) continue;
      const wantsIt = graph.waits.get(guess.tid)?.resource === resource;
      if (wantsIt !== (strength === 'itself') || found.has(guess.tid)) continue;
      const { frame, line, rule, because, confidence = 1 } = guess;
      found.set(guess.tid, {
        ...{ tid: guess.tid, resource, evidence: 'inferred' },
        ...(frame === undefined ? {} : { frame }),
        ...(line === undefined ? {} : { line }),
        ...(rule === undefined ? {} : { rule }),
        because: because ?? whyOnly(resource, strength, dump),
        confidence: Math.min(sureness[strength], confidence),
      });
    }
    if (found.size > 0) return [...found.values()];
    if (strength === 'placed' && isPlainLock(resource) && isText(dump)) {
      const others = otherWaiters(graph, resource, dump);
      if (others.length > 0) return others;
    }
  }
  return [];
}

/** Elimination is an inference, and is said to be one. */
function whyOnly(resource: string, strength: Strength, dump: ProcessDump): string {
  if (strength === 'itself') return 'nobody else in the dump can hold it';
  if (resource !== gil) return 'the only thread of the dump that can hold it';
  const inPython = dump.threads.filter((thread) => readThread(thread, dump).gil !== 'none').length;
  return inPython < 2
    ? 'the only thread of the dump that runs Python'
    : `the only thread that can hold it: of ${inPython} threads that run Python, all others wait for it or gave it up`;
}

function isPlainLock(resource: string): boolean {
  return ['mutex', 'rwlock', 'library-lock', 'spinlock', 'monitor', 'python-lock'].includes(
    parseResource(resource).kind,
  );
}

/**
 * Whoever holds a lock for long waits for something itself. That only tells who it is where every thread is shown,
 * and where each of them either waits for a lock or rests in a known way: somebody in the middle of a write or of a
 * wait of his own can hold any lock.
 */
function otherWaiters(graph: WaitGraph, resource: string, dump: ProcessDump): Guess[] {
  const someoneWorks = dump.threads.some((thread) => {
    return !graph.waits.has(thread.tid) && surest(readThread(thread, dump), 'idle') === undefined;
  });
  if (dump.listsAllThreads !== true) return [];
  const others: Guess[] = [];
  for (const wait of graph.waits.values()) {
    if (someoneWorks || !isLock(wait.resource) || !areTwoLocks(wait.resource, resource)) continue;
    if (others.length === mostOthers) return [];
    others.push({
      ...{ tid: wait.tid, resource, evidence: 'inferred', frame: wait.frame, confidence: otherWaiter },
      ...(wait.line === undefined ? {} : { line: wait.line }),
      because: 'the only thread of the dump that waits for another lock',
    });
  }
  return others;
}

/** Two locks whose names only tell where they are taken may be one. */
function areTwoLocks(one: string, other: string): boolean {
  if (one === other) return false;
  const isNameless = (resource: string) =>
    /^[\w-]+:(taken in|an unknown) /.test(resource) || resource.startsWith('library-lock:');
  const layerOf = (resource: string) => {
    const { kind } = parseResource(resource);
    return ['mutex', 'rwlock', 'library-lock', 'spinlock'].includes(kind) ? 'native' : kind;
  };
  return !(layerOf(one) === layerOf(other) && (isNameless(one) || isNameless(other)));
}

/**
 * Several could hold it, but each of them waits for what its waiter holds: whichever it is, nobody goes on. One of them
 * stands for all.
 */
function closesAnyway(graph: WaitGraph, { resource, waiters, candidates }: OpenLock): boolean {
  const [first] = candidates;
  const waiter = waiters.find((tid) => candidates.every((candidate) => reaches(graph, candidate, tid)));
  if (first === undefined || waiter === undefined) return false;
  const wait = graph.waits.get(first);
  graph.addHold({
    ...{ tid: first, resource, evidence: 'inferred', confidence: 0.7 },
    ...(wait?.frame === undefined ? {} : { frame: wait.frame }),
    ...(wait?.line === undefined ? {} : { line: wait.line }),
    because: `one of ${candidates.length} threads that can hold it; whichever it is, it waits for the same`,
  });
  return true;
}

function reaches(graph: WaitGraph, from: number, to: number): boolean {
  const seen = new Set([from]);
  for (const tid of seen) {
    for (const step of graph.stepsFrom(tid)) {
      if (step.to === to) return true;
      seen.add(step.to);
    }
  }
  return false;
}

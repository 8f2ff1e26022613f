/** Weighs the claims of all sources against each other and makes one wait-for graph of them. */
import type { Claims, WaitClaim } from './claims.js';
import type { ThreadDump } from './process-dump.js';
import { isLibcLock } from './resources.js';
import { type WaitEdge, WaitGraph } from './wait-graph.js';

export interface BuiltGraph {
  graph: WaitGraph;
  /** Where sources contradict each other, one sentence each. */
  contradictions: string[];
  /** Waits for a lock whose owner no longer exists. */
  abandoned: WaitEdge[];
}

export function buildGraph(threads: readonly ThreadDump[], claims: Claims): BuiltGraph {
  const built: BuiltGraph = { graph: new WaitGraph(), contradictions: [], abandoned: [] };
  for (const thread of threads) built.graph.addThread(thread.tid, thread.name);
  for (const [tid, name] of claims.names) built.graph.addThread(tid, name);
  addHolds(built.graph, claims);
  const named = namesByAddress(claims);
  const waitingTids = new Set(claims.waits.map((claim) => claim.tid));
  for (const tid of waitingTids) {
    const memory = claims.waits.find((claim) => claim.tid === tid && claim.source === 'memory');
    const account =
      claims.waits.find((claim) => claim.tid === tid && claim.source === 'line') ??
      claims.waits.find((claim) => claim.tid === tid && claim.source === 'frames');
    addWait(built, memory, account, named);
  }
  addHoldsByElimination(built.graph, claims);
  return built;
}

/** What the frames of a thread suggest is left out when the thread itself says what it holds or wants. */
function addHolds(graph: WaitGraph, claims: Claims): void {
  const speaks = threadsThatSpeak(claims);
  for (const hold of claims.holds) {
    if (hold.byElimination || (hold.source === 'frames' && speaks.has(hold.tid))) continue;
    graph.addHold({ tid: hold.tid, resource: hold.resource, evidence: hold.evidence });
  }
}

function threadsThatSpeak({ holds, waits }: Claims): Set<number> {
  return new Set([...holds, ...waits].filter((claim) => claim.source === 'line').map((claim) => claim.tid));
}

/** One lock has one name: a waiter without a name of its own takes that of the others at the same address. */
function namesByAddress(claims: Claims): Map<string, string> {
  const addresses = new Map<number, string>();
  for (const claim of claims.waits) {
    if (claim.address !== undefined) addresses.set(claim.tid, claim.address);
  }
  const names = new Map<string, string>();
  for (const source of ['frames', 'line']) {
    for (const claim of claims.waits) {
      const address = addresses.get(claim.tid);
      if (claim.source === source && address !== undefined && isLibcLock(claim.resource)) {
        names.set(address, claim.resource);
      }
    }
  }
  return names;
}

function addWait(
  built: BuiltGraph,
  memory: WaitClaim | undefined,
  account: WaitClaim | undefined,
  named: ReadonlyMap<string, string>,
): void {
  const claim = memory ?? account;
  if (claim === undefined) return;
  const agree = account === undefined || isLibcLock(account.resource) || !namesAnOwner(memory);
  const name = agree ? (account?.resource ?? named.get(memory?.address ?? '')) : undefined;
  const edge: WaitEdge = {
    tid: claim.tid,
    resource: name ?? claim.resource,
    evidence: memory?.ownerTid === undefined ? (account ?? claim).evidence : 'read',
    frame: (account?.source === 'line' ? account.frame : undefined) ?? claim.frame ?? 'an unknown call',
    ...(account?.waitingMs === undefined ? {} : { waitingMs: account.waitingMs }),
  };
  if (!agree && account.source === 'line') {
    built.contradictions.push(
      `${built.graph.nameOf(claim.tid)} (tid ${claim.tid}) says that it waits for ${account.resource}, its lock word in memory says ${claim.resource}: memory is believed.`,
    );
  }
  built.graph.addWait(edge);
  if (memory?.ownerDead) built.abandoned.push(edge);
  else if (memory?.ownerTid !== undefined) addOwner(built, edge.resource, memory.ownerTid);
}

function namesAnOwner(memory: WaitClaim | undefined): boolean {
  return memory !== undefined && (memory.ownerTid !== undefined || memory.ownerDead === true);
}

/** Memory's owner of a lock replaces every other holder that was claimed. */
function addOwner(built: BuiltGraph, resource: string, ownerTid: number): void {
  const { graph } = built;
  const claimed = graph.holdersOf(resource);
  const hold = { tid: ownerTid, resource, evidence: 'read' } as const;
  if (claimed.length === 0 || claimed.some((other) => other.tid === ownerTid)) {
    graph.addHold(hold);
    return;
  }
  const others = claimed.map((other) => `${graph.nameOf(other.tid)} (tid ${other.tid})`).join(', ');
  built.contradictions.push(
    `The process says that ${others} holds ${resource}, the lock word in memory says ${graph.nameOf(ownerTid)} (tid ${ownerTid}): memory is believed.`,
  );
  graph.setHolder(hold);
}

/** A lock that is wanted and that nobody is known to hold belongs to the only thread that could hold it. */
function addHoldsByElimination(graph: WaitGraph, claims: Claims): void {
  const speaks = threadsThatSpeak(claims);
  const guesses = claims.holds.filter((hold) => hold.byElimination && !speaks.has(hold.tid));
  const wanted = new Set([...graph.waits.values()].map((wait) => wait.resource));
  for (const resource of wanted) {
    if (graph.holdersOf(resource).length > 0) continue;
    const candidates = guesses.filter(
      (hold) => hold.resource === resource && graph.waits.get(hold.tid)?.resource !== resource,
    );
    const only = candidates[0];
    if (only !== undefined && candidates.length === 1) {
      graph.addHold({ tid: only.tid, resource, evidence: 'inferred' });
    }
  }
}

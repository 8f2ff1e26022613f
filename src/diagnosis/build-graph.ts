/** Weighs the claims of all sources against each other and makes one wait-for graph of them. */
import { type Claims, type Ground, threadsThatSpeak, type WaitClaim } from './claims.js';
import { eliminate, type OpenLock } from './elimination.js';
import type { ProcessDump } from './process-dump.js';
import { isGone, isLibcLock } from './resources.js';
import { claimsOf } from './sources/index.js';
import { labelOf } from './thread-label.js';
import { type WaitEdge, WaitGraph } from './wait-graph.js';

export interface BuiltGraph {
  graph: WaitGraph;
  /** Where sources contradict each other, one sentence each. */
  contradictions: string[];
  /** Waits for a lock whose owner no longer exists. */
  abandoned: WaitEdge[];
  /** Waits for somebody who is gone, as the thread itself says. */
  gone: WaitEdge[];
  /** Locks that are wanted and whose holder could not be made out. */
  open: OpenLock[];
}

export function buildGraph(dump: ProcessDump): BuiltGraph {
  const claims = claimsOf(dump);
  const built: BuiltGraph = { graph: new WaitGraph(), contradictions: [], abandoned: [], gone: [], open: [] };
  for (const thread of dump.threads) built.graph.addThread(thread.tid, labelOf(thread));
  for (const [tid, name] of claims.names) built.graph.addThread(tid, name);
  addHolds(built.graph, claims);
  const named = namesByAddress(claims);
  for (const { memory, account } of accountsByThread(claims)) addWait(built, memory, account, named);
  built.open = eliminate(built.graph, claims, dump);
  return built;
}

/** What the frames of a thread suggest is left out when the thread itself says what it holds or wants. */
function addHolds(graph: WaitGraph, claims: Claims): void {
  const speaks = threadsThatSpeak(claims);
  for (const hold of claims.holds) {
    if (hold.byElimination || (hold.source === 'frames' && speaks.has(hold.tid))) continue;
    graph.addHold({ tid: hold.tid, resource: hold.resource, evidence: hold.evidence, ...groundOf(hold) });
  }
}

interface Accounts {
  memory: WaitClaim | undefined;
  account: WaitClaim | undefined;
}

/** Of each thread that waits: what memory says, and the best account of the others. */
function accountsByThread(claims: Claims): Iterable<Accounts> {
  const byTid = new Map<number, Accounts>();
  for (const claim of claims.waits) {
    const accounts = byTid.get(claim.tid) ?? { memory: undefined, account: undefined };
    if (claim.source === 'memory') accounts.memory ??= claim;
    else if (accounts.account === undefined || claim.source === 'line') accounts.account = claim;
    byTid.set(claim.tid, accounts);
  }
  return byTid.values();
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
  return toldApart(names);
}

/** And two locks have two: frames name a kind of lock, of which a library may have several. */
function toldApart(names: ReadonlyMap<string, string>): Map<string, string> {
  const uses = new Map<string, number>();
  for (const name of names.values()) uses.set(name, (uses.get(name) ?? 0) + 1);
  return new Map(
    [...names].map(([address, name]) => [
      address,
      (uses.get(name) ?? 0) > 1 ? `${name} at ${address}` : name,
    ]),
  );
}

function addWait(
  built: BuiltGraph,
  memory: WaitClaim | undefined,
  account: WaitClaim | undefined,
  named: ReadonlyMap<string, string>,
): void {
  const claim = memory ?? account;
  if (claim === undefined) return;
  const agree = agreeOn(memory, account);
  const name = agree ? (named.get(memory?.address ?? '') ?? account?.resource) : undefined;
  const waitingMs = account?.waitingMs ?? memory?.waitingMs;
  const edge: WaitEdge = {
    tid: claim.tid,
    resource: name ?? claim.resource,
    evidence: memory?.ownerTid === undefined ? (account ?? claim).evidence : 'read',
    ...groundOf(memory),
    ...groundOf(agree ? account : undefined),
    frame: (account?.source === 'line' ? account.frame : undefined) ?? claim.frame ?? 'an unknown call',
    ...(waitingMs === undefined ? {} : { waitingMs }),
    ...(account?.isBrief ? { isBrief: true } : {}),
    ...(account?.canEndOutside ? { canEndOutside: true } : {}),
  };
  if (!agree && account?.source === 'line') {
    built.contradictions.push(
      `${built.graph.nameOf(claim.tid)} (tid ${claim.tid}) says that it waits for ${account.resource}, its lock word in memory says ${claim.resource}: memory is believed.`,
    );
  }
  built.graph.addWait(edge);
  if (account?.source === 'line' && isGone(edge.resource)) built.gone.push(edge);
  if (memory?.ownerDead) built.abandoned.push(edge);
  else if (memory?.ownerTid !== undefined) addOwner(built, edge.resource, memory.ownerTid);
}

/** A lock word in memory says which lock, but not what people call it: another account may only give it a name. */
function agreeOn(memory: WaitClaim | undefined, account: WaitClaim | undefined): boolean {
  if (account === undefined || memory === undefined || account.resource === memory.resource) return true;
  const namesAnOwner = memory.ownerTid !== undefined || memory.ownerDead === true;
  return isLibcLock(account.resource) || !namesAnOwner;
}

function groundOf(claim: Ground | undefined): Ground {
  if (claim === undefined) return {};
  const { frame, line, rule, because, confidence } = claim;
  return {
    ...(frame === undefined ? {} : { frame }),
    ...(line === undefined ? {} : { line }),
    ...(rule === undefined ? {} : { rule }),
    ...(because === undefined ? {} : { because }),
    ...(confidence === undefined ? {} : { confidence }),
  };
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

/**
 * The wait-for graph: threads wait for resources, resources are held by threads. It knows nothing of where its edges
 * come from; a model-checker state and a text dump make the same graph as a live process.
 *
 * A thread waits for at most one resource. A resource may have several holders (a read lock, a device that is busy
 * with several functions): the waiter needs all of them to let go, so a cycle through any one is a deadlock.
 */
import type { Ground } from './claims.js';
import type { Evidence } from './process-dump.js';

export interface WaitEdge extends Ground {
  tid: number;
  resource: string;
  evidence: Evidence;
  /** The call or frame in which it waits. */
  frame: string;
  /** How long it had waited when the dump was taken, milliseconds; absent when nothing tells. */
  waitingMs?: number;
  /** Nobody ever waits while holding it: a wait for it moves unless its owner is gone. */
  isBrief?: boolean;
  /** Somebody outside of the process can end the wait. */
  canEndOutside?: boolean;
}

export interface HoldEdge extends Ground {
  tid: number;
  resource: string;
  evidence: Evidence;
}

/** One step through the graph: `from` waits for `resource`, which `to` holds. */
export interface Step {
  from: number;
  to: number;
  wait: WaitEdge;
  hold: HoldEdge;
}

export class WaitGraph {
  readonly threads = new Map<number, string>();
  readonly waits = new Map<number, WaitEdge>();
  readonly #holdersOf = new Map<string, HoldEdge[]>();

  addThread(tid: number, name: string): void {
    this.threads.set(tid, name);
  }

  nameOf(tid: number): string {
    return this.threads.get(tid) || 'thread';
  }

  addWait(edge: WaitEdge): void {
    this.waits.set(edge.tid, edge);
  }

  /** Keeps the better evidence when the same hold is claimed twice. */
  addHold(edge: HoldEdge): void {
    const holders = this.#holdersOf.get(edge.resource) ?? [];
    const same = holders.find((hold) => hold.tid === edge.tid);
    if (same === undefined) holders.push({ ...edge });
    else if (edge.evidence === 'read') Object.assign(same, edge);
    this.#holdersOf.set(edge.resource, holders);
  }

  holdersOf(resource: string): readonly HoldEdge[] {
    return this.#holdersOf.get(resource) ?? [];
  }

  /** Replaces every holder of `resource`: used when a better source contradicts the others. */
  setHolder(edge: HoldEdge): void {
    this.#holdersOf.set(edge.resource, [edge]);
  }

  heldBy(tid: number): HoldEdge[] {
    return [...this.#holdersOf.values()].flat().filter((hold) => hold.tid === tid);
  }

  /** Whom `tid` waits for; steps whose edges were both read come first, then by thread id. */
  stepsFrom(tid: number): Step[] {
    const wait = this.waits.get(tid);
    if (wait === undefined) return [];
    const steps = this.holdersOf(wait.resource).map((hold) => ({ from: tid, to: hold.tid, wait, hold }));
    return steps.sort((a, b) => inferredEdges(a) - inferredEdges(b) || a.to - b.to);
  }
}

/** How many of a step's two edges were inferred. */
export function inferredEdges(step: Step): number {
  return Number(step.wait.evidence === 'inferred') + Number(step.hold.evidence === 'inferred');
}

/** A thread waits once at a time. */
export function byThread(waits: readonly WaitEdge[]): Map<number, WaitEdge> {
  return new Map(waits.map((wait) => [wait.tid, wait]));
}

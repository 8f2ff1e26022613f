/**
 * A claim is what one source says of one thread. Sources (memory, the process's own lock lines, frames) only make
 * claims; build-graph.ts weighs them against each other.
 */
import type { Evidence } from './process-dump.js';

/** In order of trust for a lock's owner; a line is the best source of a lock's name. */
export type Source = 'memory' | 'line' | 'frames';

/** Where a claim comes from, for those who want to check it. */
export interface Ground {
  /** The frame that says so. */
  frame?: string;
  /** The line of the text dump that it stands in, from 1. */
  line?: number;
  /** Id of the rule that read the frame. */
  rule?: string;
  /** What the claim rests on beside the frame, e.g. `the only thread that can hold it`. */
  because?: string;
  /** How often such a claim is right, 0 to 1; absent where it was read. */
  confidence?: number;
}

export interface WaitClaim extends Ground {
  source: Source;
  tid: number;
  /** `kind:name`; from memory alone the name is the lock's address. */
  resource: string;
  evidence: Evidence;
  /** Address of the lock, when memory tells; two waits on one address wait for one lock. */
  address?: string;
  ownerTid?: number;
  ownerDead?: boolean;
  /** Milliseconds. */
  waitingMs?: number;
  /** Held only for moments: a wait for it moves unless its owner is gone. */
  isBrief?: boolean;
  /** Somebody outside of the process can end it, e.g. the GPU. */
  canEndOutside?: boolean;
}

export interface HoldClaim extends Ground {
  source: Source;
  tid: number;
  resource: string;
  evidence: Evidence;
  /** Counts only when nobody else is known to hold it and no other thread makes as strong a claim. */
  byElimination?: Strength;
}

/**
 * How well a thread fits as the unknown holder. placed: it stands inside of what the lock guards. possible: nothing
 * speaks against it. resting: it could, but threads that rest as it does usually hold nothing.
 * itself: it waits for the very lock, and is the only one left.
 */
export type Strength = 'placed' | 'possible' | 'resting' | 'itself';

export interface Claims {
  /** The actor's own name, better than the kernel's 15 letters. */
  names: ReadonlyMap<number, string>;
  waits: readonly WaitClaim[];
  holds: readonly HoldClaim[];
}

/** Threads that keep an account of their own. */
export function threadsThatSpeak({ holds, waits }: Claims): Set<number> {
  return new Set([...holds, ...waits].filter((claim) => claim.source === 'line').map((claim) => claim.tid));
}

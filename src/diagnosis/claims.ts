/**
 * A claim is what one source says of one thread. Sources (memory, the process's own lock lines, frames, later a text
 * dump's marks) only make claims; build-graph.ts weighs them against each other.
 */
import type { Evidence, ProcessDump } from './process-dump.js';
import { frameClaims } from './sources/frames.js';
import { lineClaims } from './sources/lock-lines.js';
import { memoryClaims } from './sources/memory.js';

/** In order of trust for a lock's owner; a line is the best source of a lock's name. */
export type Source = 'memory' | 'line' | 'frames';

export interface WaitClaim {
  source: Source;
  tid: number;
  /** `kind:name`; from memory alone the name is the lock's address. */
  resource: string;
  evidence: Evidence;
  /** Address of the lock, when memory tells; two waits on one address wait for one lock. */
  address?: string;
  ownerTid?: number;
  ownerDead?: boolean;
  frame?: string;
  /** Milliseconds. */
  waitingMs?: number;
}

export interface HoldClaim {
  source: Source;
  tid: number;
  resource: string;
  evidence: Evidence;
  /** Counts only when nobody else is known to hold it and no other thread makes the same weak claim. */
  byElimination?: boolean;
}

export interface Claims {
  /** The actor's own name, better than the kernel's 15 letters. */
  names: ReadonlyMap<number, string>;
  waits: readonly WaitClaim[];
  holds: readonly HoldClaim[];
}

export function claimsOf(dump: ProcessDump): Claims {
  const sources = [memoryClaims(dump), lineClaims(dump), frameClaims(dump)];
  return {
    names: new Map(sources.flatMap((claims) => [...claims.names])),
    waits: sources.flatMap((claims) => claims.waits),
    holds: sources.flatMap((claims) => claims.holds),
  };
}

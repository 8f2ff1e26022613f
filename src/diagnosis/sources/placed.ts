/**
 * Who stands inside of what a lock guards. Somebody who waits for a lock in function F of library L shows that L takes
 * the lock there. A thread that runs the same F, a method of the same class, or that L has called out of, is placed to
 * hold it.
 */
import type { HoldClaim } from '../claims.js';
import type { Frame } from '../process-dump.js';
import type { Reading } from '../reading.js';
import { parseResource } from '../resources.js';
import type { WaitEdge } from '../wait-graph.js';
import { groundAt } from './ground.js';
import { libraryOf } from './lock-in-frames.js';

const guarded: ReadonlySet<string> = new Set(['mutex', 'rwlock', 'library-lock', 'once', 'spinlock']);
/** Too large, or used by everybody: to be inside of one tells nothing of its locks. */
const everywhere =
  /^(lib(c|pthread|stdc\+\+|c\+\+|python[\d.]*|m|dl|gcc_s|System|torch\w*|c10\w*|jvm|node|tensorflow\w*|cuda|cudart|amdhip64|ruby[\d.]*|LLVM\S*|Qt\w+|coreclr|asan|tsan)|ld-linux.*)$/;

export function placedClaims(waits: Iterable<WaitEdge>, readings: readonly Reading[]): HoldClaim[] {
  const byTid = new Map(readings.map((reading) => [reading.thread.tid, reading]));
  const claims: HoldClaim[] = [];
  const seen = new Set<string>();
  for (const wait of waits) {
    const { kind } = parseResource(wait.resource);
    const waiter = byTid.get(wait.tid);
    if (waiter === undefined || !guarded.has(kind) || seen.has(wait.resource)) continue;
    seen.add(wait.resource);
    for (const guard of guardsOf(waiter, kind)) {
      const placed = claimsBy(guard, wait.resource, readings, waiter);
      claims.push(...placed);
      if (placed.length > 0) break;
    }
  }
  return claims;
}

function claimsBy(
  guard: Guard,
  resource: string,
  readings: readonly Reading[],
  waiter: Reading,
): HoldClaim[] {
  const claims: HoldClaim[] = [];
  for (const reading of readings) {
    const at = reading === waiter ? -1 : insideAt(reading, guard);
    if (at < 0) continue;
    const { thread, stack } = reading;
    claims.push({
      ...{ source: 'frames', tid: thread.tid, resource, evidence: 'inferred', byElimination: 'placed' },
      ...groundAt(stack.frames, at, thread),
      because: guard.because,
      confidence: guard.confidence,
    });
  }
  return claims;
}

interface Guard {
  isInside: (frame: Frame) => boolean;
  because: string;
  confidence: number;
}

/** The narrowest first. */
function guardsOf({ stack, wait }: Reading, kind: string): Guard[] {
  const caller = stack.frames[wait === undefined ? stack.depth : wait.at];
  if (caller === undefined) return [];
  const { function: name } = caller;
  if (kind === 'once') {
    const because = `it runs ${name}, the same initialiser`;
    return name === undefined
      ? []
      : [{ isInside: (frame) => frame.function === name, because, confidence: 0.85 }];
  }
  const guards: Guard[] = [];
  const owner = classOf(name);
  if (owner !== undefined) {
    guards.push({
      isInside: (frame) => classOf(frame.function) === owner,
      because: `it stands inside of ${owner}, which takes that lock`,
      confidence: 0.75,
    });
  }
  const library = libraryOf(caller.module);
  if (library !== undefined && !everywhere.test(library)) {
    guards.push({
      isInside: (frame) => libraryOf(frame.module) === library,
      because: `it stands inside of ${library}, which takes that lock`,
      confidence: 0.8,
    });
  }
  return guards;
}

/** `A::B` of `A::B::method(int)`; undefined for functions of no class and for the standard library. */
function classOf(name: string | undefined): string | undefined {
  if (name === undefined || /^(std|boost|__gnu_cxx)::/.test(name)) return undefined;
  const plain = withoutBrackets(name);
  const end = plain.lastIndexOf('::');
  const owner = plain.slice(0, Math.max(0, end));
  // A namespace holds half a program; classes begin with a capital almost everywhere.
  return /(^|::)[A-Z]\w*$/.test(owner) ? owner : undefined;
}

/** Without template arguments and parameters, which have colons of their own. */
function withoutBrackets(name: string): string {
  let depth = 0;
  let plain = '';
  for (const letter of name) {
    if (letter === '(' && depth === 0 && plain !== '') break;
    if (letter === '<') depth++;
    if (depth === 0) plain += letter;
    if (letter === '>') depth = Math.max(0, depth - 1);
  }
  return plain;
}

/** Index of the frame by which it is inside: further out than where it waits itself. */
function insideAt({ stack, wait }: Reading, guard: Guard): number {
  const from = (wait?.at ?? stack.depth - 1) + 1;
  for (let at = from; at < stack.frames.length; at++) {
    const frame = stack.frames[at];
    if (frame !== undefined && guard.isInside(frame)) return at;
  }
  return -1;
}

/** What the stacks suggest, by the rules. Everything here is inferred, except what the dump tool itself marks. */
import type { Claims, HoldClaim, Strength, WaitClaim } from '../claims.js';
import { sayFrame } from '../frames.js';
import type { ProcessDump, ThreadDump } from '../process-dump.js';
import { isText, type Reading, readThread, surest } from '../reading.js';
import type { Finding } from '../rules/matcher.js';
import { gil } from '../rules/rule.js';
import { groundAt, groundOf, headingOf } from './ground.js';
import { joinClaims } from './joins.js';
import { fillResource, libraryOf } from './lock-in-frames.js';

export function frameClaims(dump: ProcessDump): Claims {
  const readings = dump.threads.map((thread) => readThread(thread, dump));
  const joins = joinClaims(dump, readings);
  const waits = [...joins.waits];
  const holds = [...joins.holds];
  const joining = new Set(joins.waits.map((claim) => claim.tid));
  for (const reading of readings) {
    const wait = joining.has(reading.thread.tid) ? undefined : waitOf(reading, dump);
    if (wait !== undefined) waits.push(wait);
    holds.push(...holdsOf(reading, wait?.resource, isText(dump)));
  }
  return { names: new Map(), waits, holds };
}

/** True for a worker that only waits for work. */
export function isIdleWorker(thread: ThreadDump, dump: ProcessDump): boolean {
  return surest(readThread(thread, dump), 'idle') !== undefined;
}

function waitOf(reading: Reading, dump: ProcessDump): WaitClaim | undefined {
  const { thread, wait, stack } = reading;
  const base = { source: 'frames', tid: thread.tid } as const;
  if (thread.gil === 'waits') {
    return {
      ...base,
      resource: gil,
      evidence: 'read',
      ...groundAt(stack.frames, stack.depth, thread),
      because: 'the dump tool says so',
    };
  }
  const means = wait?.rule.means;
  // The tool looked into the interpreter: whoever it says has the GIL does not wait for it.
  if (means !== undefined && 'resource' in means && !(means.resource === gil && thread.gil === 'holds')) {
    const resource = fillResource(means.resource, stack.frames, wait?.at ?? 0);
    return {
      ...base,
      resource,
      evidence: 'inferred',
      ...groundOf(reading, wait),
      ...(means.kind === 'waits-for' && means.brief ? { isBrief: true } : {}),
      ...(/^(device|team|zmq):/.test(resource) ? { canEndOutside: true } : {}),
    };
  }
  return isText(dump) ? unnamedLock(reading) : undefined;
}

/** A lock of which only the function that takes it is known. */
function unnamedLock({ thread, stack, machinery }: Reading): WaitClaim | undefined {
  const { frames, depth } = stack;
  const hasAddress = thread.wait?.address !== undefined && /^(mutex|rwlock)/.test(thread.wait.kind);
  if (hasAddress || (machinery !== 'mutex' && machinery !== 'rwlock')) return undefined;
  const caller = frames[depth];
  const library = libraryOf(caller?.module);
  const resource =
    library === undefined
      ? `${machinery}:${caller === undefined ? `an unknown ${machinery} (wanted by tid ${thread.tid})` : `taken in ${sayFrame(caller)}`}`
      : `library-lock:${library}`;
  return {
    source: 'frames',
    tid: thread.tid,
    resource,
    evidence: 'inferred',
    confidence: 0.8,
    ...groundAt(frames, depth, thread),
    because: 'it stands in a lock of the C library',
  };
}

function holdsOf(reading: Reading, waiting: string | undefined, isPasted: boolean): HoldClaim[] {
  const { thread, findings } = reading;
  const base = { source: 'frames', tid: thread.tid, evidence: 'inferred' } as const;
  const claims: HoldClaim[] = [];
  if (thread.gil === 'holds') {
    claims.push({
      ...base,
      evidence: 'read',
      resource: gil,
      because: 'the dump tool says so',
      ...headingOf(thread),
    });
  }
  for (const finding of findings) {
    const { means } = finding.rule;
    const ground = groundOf(reading, finding);
    if (means.kind === 'holds' && means.resource !== waiting)
      claims.push({ ...base, resource: means.resource, ...ground });
    if (means.kind === 'host-callback') {
      claims.push(
        { ...base, resource: 'device:idle', ...ground },
        { ...base, resource: 'device:work', ...ground },
      );
    }
    if (means.kind === 'may-hold') {
      const claim = mayHoldClaim(reading, finding, means.resource, waiting, isPasted);
      if (claim !== undefined) claims.push({ ...base, ...claim, ...ground });
    }
  }
  return claims;
}

function mayHoldClaim(
  reading: Reading,
  { at }: Finding,
  resource: string,
  waiting: string | undefined,
  isPasted: boolean,
): Pick<HoldClaim, 'resource' | 'byElimination'> | undefined {
  if (resource === gil) {
    if (reading.gil === 'may hold') return { resource, byElimination: gilStrength(reading) };
    return isPasted && entersTwice(reading, at) ? { resource, byElimination: 'itself' } : undefined;
  }
  const waitsAt = reading.wait?.at ?? reading.stack.depth - 1;
  const isInside = at > waitsAt;
  if (resource !== waiting) {
    const counts = isInside && (isPasted || resource.startsWith('runtime-lock:'));
    return counts ? { resource, byElimination: 'placed' } : undefined;
  }
  // Interrupted in the middle of it by a signal, whose handler now wants it too.
  const handler = reading.findings.find(({ rule }) => rule.means.kind === 'signal-handler');
  return handler !== undefined && handler.at > waitsAt && at > handler.at ? { resource } : undefined;
}

/**
 * PyGILState_Ensure takes the GIL again when the thread's present state is not the one it knows, as in a
 * subinterpreter; then a thread can wait for the GIL that it has itself.
 */
function entersTwice({ wait, stack, findings }: Reading, python: number): boolean {
  if (wait === undefined || python <= wait.at) return false;
  const gaveUp = findings.some(({ rule, at }) => rule.means.kind === 'drops' && at <= python);
  const between = stack.frames.slice(wait.at, python);
  return (
    !gaveUp && between.some((frame) => /PyGILState_Ensure|gil_scoped_acquire/.test(frame.function ?? ''))
  );
}

/** Libraries that rest in a known way usually gave the GIL up, even where no frame shows it. */
function gilStrength(reading: Reading): Strength {
  return surest(reading, 'idle', 'waits-external') === undefined ? 'possible' : 'resting';
}

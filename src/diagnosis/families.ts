/** Which family a cycle belongs to, by the kinds of resources in it, and what cures it. First row that fits wins. */
import { parseResource } from './resources.js';
import type { Family } from './verdict.js';

export interface FamilyRule {
  family: Family;
  /** Number of threads in the cycle. */
  parties?: number;
  /** A resource that must be in the cycle. */
  resource?: string;
  /** At least one resource of these kinds. */
  someOf?: readonly string[];
  /** Nothing but resources of these kinds. */
  onlyOf?: readonly string[];
  /** Strongest first. */
  cuts: readonly string[];
}

const driverKinds = ['driver-lock', 'device', 'stream', 'event'];
const mutexKinds = ['mutex', 'rwlock', 'spinlock', 'library-lock', 'loader-lock', 'heap-lock', 'libc-lock'];
/** Locks that a language's own code takes. */
const languageKinds = ['monitor', 'python-lock', 'import-lock', 'io-lock'];

export const familyRules: readonly FamilyRule[] = [
  {
    family: 'self-deadlock',
    parties: 1,
    cuts: ['Do not take the lock again in the call that runs under it, or make the inner call not need it.'],
  },
  {
    family: 'js-thread-blocked',
    resource: 'runtime-lock:JS thread',
    cuts: [
      'Do not wait for the JS thread in the callback: record natively and let the JS thread drain.',
      'Move the blocking call off the JS thread (an AsyncWorker, a worker thread).',
    ],
  },
  {
    family: 'gil-vs-cuda-driver',
    resource: 'runtime-lock:GIL',
    someOf: driverKinds,
    cuts: [
      'Make the host callback native: stamp, append under a private lock, return; a Python thread drains.',
      'Release the GIL around every call that may wait in the driver.',
    ],
  },
  {
    family: 'gil-vs-call_once',
    resource: 'runtime-lock:GIL',
    someOf: ['once'],
    cuts: ['Release the GIL before entering the once-initialiser and take it again inside.'],
  },
  {
    family: 'gil-vs-native-mutex',
    resource: 'runtime-lock:GIL',
    cuts: [
      'Release the GIL before taking the native mutex, and take it again only after the mutex is released.',
      'Never take the GIL while holding the native mutex.',
    ],
  },
  {
    family: 'queue-full-join',
    resource: 'thread',
    someOf: ['queue', 'semaphore'],
    cuts: ['Drain the queue before joining its producer.'],
  },
  {
    family: 'host-callback-calls-runtime',
    onlyOf: driverKinds,
    cuts: ['Do not call the CUDA runtime from a host function; hand the work to another thread.'],
  },
  {
    family: 'abba-mutex',
    onlyOf: [...mutexKinds, ...languageKinds, 'once', 'thread', 'process'],
    someOf: [...mutexKinds, ...languageKinds],
    cuts: ['Take the locks in one fixed order everywhere.', 'Take them together (std::scoped_lock).'],
  },
  {
    family: 'other',
    someOf: ['pipe'],
    cuts: [
      "Read a child's output while waiting for it (communicate), or let it write into a file.",
      'Do not wait for an answer before what was asked is flushed, and the end that is not used is closed.',
    ],
  },
  {
    family: 'other',
    someOf: ['device'],
    cuts: [
      'Take no lock in a host function that is held where somebody waits for the device: hand the work to another thread.',
      'Let go of the lock before waiting for the device.',
    ],
  },
  { family: 'other', cuts: ['Break any one of the waits above.'] },
];

/** `wanted` is what the parties of the cycle wait for. */
export function familyOf(wanted: readonly string[]): FamilyRule {
  // That of a worker (`JS thread#7`) and of a subinterpreter (`GIL#2`) belong to the same family.
  const resources = wanted.map((resource) => resource.replace(/^(runtime-lock:.*)#\d+$/, '$1'));
  const kinds = resources.map((resource) => parseResource(resource).kind);
  const fallback: FamilyRule = { family: 'other', cuts: [] };
  return familyRules.find((rule) => fits(rule, resources, kinds)) ?? fallback;
}

function fits(rule: FamilyRule, resources: readonly string[], kinds: readonly string[]): boolean {
  const { parties, resource, someOf, onlyOf } = rule;
  if (parties !== undefined && resources.length !== parties) return false;
  if (resource !== undefined && !resources.includes(resource) && !kinds.includes(resource)) return false;
  if (someOf !== undefined && !kinds.some((kind) => someOf.includes(kind))) return false;
  return onlyOf === undefined || kinds.every((kind) => onlyOf.includes(kind));
}

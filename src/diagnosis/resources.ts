/** Names of resources (`kind:name`) and how to say them in a sentence. */

export interface Resource {
  kind: string;
  name: string;
}

interface Phrases {
  /** Completes "X holds ..." or stands for it: "keeps the device busy". */
  holds: (name: string) => string;
  /** Completes "X waits for ...". */
  waits: (name: string) => string;
}

const lock = (noun: string): Phrases => ({
  holds: (name) => `holds ${noun} ${name}`,
  waits: (name) => `${noun} ${name}`,
});

/** By kind, or by the whole name where a kind has members that read differently. */
const phrases: Readonly<Record<string, Phrases>> = {
  'runtime-lock': { holds: (name) => `holds the ${name}`, waits: (name) => `the ${name}` },
  'driver-lock': lock('driver lock'),
  'device:idle': { holds: () => 'keeps the device busy', waits: () => 'the device to be idle' },
  'device:host-functions': {
    holds: () => 'occupies the host-function executor',
    waits: () => 'the host-function executor',
  },
  stream: {
    holds: (name) => `keeps stream ${name} busy`,
    waits: (name) => `the work of stream ${name}`,
  },
  event: { holds: (name) => `must complete event ${name}`, waits: (name) => `event ${name}` },
  thread: { holds: () => 'has not ended', waits: (name) => `thread ${name} to end` },
  mutex: lock('mutex'),
  rwlock: lock('read-write lock'),
};

const otherPhrases: Phrases = {
  holds: (name) => `holds ${name}`,
  waits: (name) => name,
};

/** Splits at the first colon; a name without one is of kind `other`. */
export function parseResource(resource: string): Resource {
  const colon = resource.indexOf(':');
  if (colon < 0) return { kind: 'other', name: resource };
  return { kind: resource.slice(0, colon), name: resource.slice(colon + 1) };
}

/** e.g. `holds the GIL`, `keeps the device busy`. */
export function sayHolds(resource: string): string {
  const { kind, name } = parseResource(resource);
  const phrase = phrases[resource] ?? phrases[kind];
  return phrase ? phrase.holds(name) : otherPhrases.holds(resource);
}

/** e.g. `driver lock W`, `the device to be idle`; completes "waits for". */
export function sayWaits(resource: string): string {
  const { kind, name } = parseResource(resource);
  const phrase = phrases[resource] ?? phrases[kind];
  return phrase ? phrase.waits(name) : otherPhrases.waits(resource);
}

/** Kinds that are a lock of the C library, or are made of one: memory may name their owner. */
const libcLockKinds: ReadonlySet<string> = new Set(['driver-lock', 'mutex', 'rwlock']);

export function isLibcLock(resource: string): boolean {
  return libcLockKinds.has(parseResource(resource).kind);
}

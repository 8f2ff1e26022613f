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

/** A lock that is one of a kind, or whose name is a description. */
const oneLock = (say: (name: string) => string): Phrases => ({
  holds: (name) => `holds ${say(name)}`,
  waits: say,
});

/** By kind, or by the whole name where a kind has members that read differently. */
const phrases: Readonly<Record<string, Phrases>> = {
  'runtime-lock': { holds: (name) => `holds the ${name}`, waits: (name) => `the ${name}` },
  'runtime-lock:a taker of the GIL': {
    holds: () => 'could take the GIL',
    waits: () => 'another thread to take the GIL',
  },
  'runtime-lock:all other threads to stop': {
    holds: () => 'has not stopped',
    waits: () => 'all other threads to stop',
  },
  'driver-lock': lock('driver lock'),
  'driver-lock:W': oneLock(() => 'the launch lock (W) of the driver'),
  'driver-lock:R': oneLock(() => "the CUDA runtime's mutex (libcudart)"),
  'driver-lock:HIP': oneLock(() => 'a lock of the HIP runtime'),
  'device:idle': { holds: () => 'keeps the device busy', waits: () => 'the device to be idle' },
  'device:work': {
    holds: () => 'holds up the work of the device',
    waits: () => 'work that it gave to the device',
  },
  'device:host-functions': {
    holds: () => 'occupies the host-function executor',
    waits: () => 'the host-function executor',
  },
  stream: {
    holds: (name) => `keeps stream ${name} busy`,
    waits: (name) => `the work of stream ${name}`,
  },
  event: { holds: (name) => `must complete event ${name}`, waits: (name) => `event ${name}` },
  future: { holds: (name) => `must complete the ${name}`, waits: (name) => `the ${name}` },
  gone: { holds: (name) => `stands for ${name}`, waits: (name) => `${name}, which is gone` },
  thread: { holds: () => 'has not ended', waits: sayThread },
  process: { holds: () => 'has not ended', waits: (name) => `process ${name} to end` },
  pipe: { holds: (name) => `has the other end of ${name.replace(/^\w+ in /, '')}`, waits: (name) => name },
  team: { holds: () => 'belongs to the team', waits: (name) => name },
  collective: { holds: (name) => `has not joined ${name}`, waits: (name) => `all ranks to join ${name}` },
  once: oneLock((name) => `the initialiser of ${name}`),
  mutex: oneLock((name) =>
    /^(the |an? |taken )/.test(name) ? name.replace(/^taken/, 'the mutex taken') : `mutex ${name}`,
  ),
  rwlock: oneLock((name) => `read-write lock ${name.replace(/^taken/, 'that is taken')}`),
  spinlock: oneLock((name) => `spin lock ${name.replace(/^taken/, 'that is taken')}`),
  monitor: lock('monitor'),
  'loader-lock': oneLock(() => "the dynamic loader's lock"),
  'heap-lock': oneLock((name) => `the lock of ${name}`),
  'libc-lock': oneLock((name) => `the lock of the C library for ${name.replace(/^the /, '')}`),
  'library-lock': oneLock((name) => `a lock of ${name}`),
  'interpreter-lock': oneLock((name) => `the interpreter's ${name}`),
  'io-lock': oneLock((name) => `the lock of ${name}`),
  'import-lock': oneLock((name) => `the import lock of ${name}`),
  'python-lock': oneLock((name) => {
    if (name.startsWith('taken in ')) return `the Python lock ${name}`;
    return name.startsWith('0x') ? `Python lock ${name}` : `the Python lock of ${name}`;
  }),
  zmq: { holds: () => 'has a socket open', waits: (name) => name },
};

const otherPhrases: Phrases = {
  holds: (name) => `holds ${name}`,
  waits: (name) => name,
};

function sayThread(name: string): string {
  if (name === 'unknown' || name === '?') return 'another thread to end';
  return /^\d+$/.test(name) ? `thread ${name} to end` : `${name} to end`;
}

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
const libcLockKinds: ReadonlySet<string> = new Set([
  'driver-lock',
  'mutex',
  'rwlock',
  'spinlock',
  'library-lock',
  'loader-lock',
  'heap-lock',
  'libc-lock',
]);

export function isLibcLock(resource: string): boolean {
  return libcLockKinds.has(parseResource(resource).kind);
}

/** What somebody who is no more was to provide; a thread that keeps an account says so of what it waits for. */
export function isGone(resource: string): boolean {
  return parseResource(resource).kind === 'gone';
}

/** Locks of a runtime or of an interpreter. */
const otherLockKinds: ReadonlySet<string> = new Set([
  'runtime-lock',
  'interpreter-lock',
  'io-lock',
  'import-lock',
  'python-lock',
  'monitor',
  'once',
]);

/** True for what one thread holds and another waits for; false for work, threads and devices. */
export function isLock(resource: string): boolean {
  return isLibcLock(resource) || otherLockKinds.has(parseResource(resource).kind);
}

/** Locks that are taken by native code. */
export function isNativeLock(resource: string): boolean {
  const { kind } = parseResource(resource);
  return kind === 'once' || (isLibcLock(resource) && kind !== 'driver-lock');
}

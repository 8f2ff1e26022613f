/**
 * What frames mean, as data. A rule says something only where neither memory nor the process itself tells, so whatever
 * it says counts as inferred. docs/frame-rules.md tells how to add one.
 */

/** Every property that is given must fit. */
export interface FramePattern {
  function?: RegExp;
  /** Base name of the library or program. */
  module?: RegExp;
  file?: RegExp;
  runtime?: 'native' | 'python' | 'js';
}

/**
 * Which frame of a stack a rule speaks of. Frames of the C library and the like that every blocked thread stands in
 * are "wait machinery" (frames.ts).
 *
 * caller: the frame that called the wait machinery; the thread stands in a wait.
 * top: the innermost frame of a thread that stands in no wait: it runs, or it spins.
 * tip: the innermost frame that is no wait machinery, whether or not there is any: for dumps without C frames.
 * python: the innermost Python frame, whatever native frames stand above it.
 * any: some frame; the innermost one that fits all conditions.
 * thread: none; the rule speaks of the dump tool's own words on the thread.
 */
export type Place = 'caller' | 'top' | 'tip' | 'python' | 'any' | 'thread';

export type Meaning =
  /** Cannot go on before somebody lets go of `resource`. `brief`: nobody ever waits while holding it. */
  | { kind: 'waits-for'; resource: string; brief?: true }
  | { kind: 'holds'; resource: string }
  /** Holds it if it is held and nobody else can be the one. */
  | { kind: 'may-hold'; resource: string }
  /** Gave it up before it went where it stands. */
  | { kind: 'drops'; resource: string }
  /** Gave it up for a while and now wants it back; a wait like any other, but it shows that it is not the holder. */
  | { kind: 'retakes'; resource: string }
  /** Waits for work: never a finding. */
  | { kind: 'idle'; what: string }
  | { kind: 'running'; what: string }
  /** Waits for somebody outside of the process: a peer, the GPU, a child, another rank. */
  | { kind: 'waits-external'; what: string }
  /** Burns a core while it waits, nobody knows for what. */
  | { kind: 'spins'; what: string }
  /** Runs a host function that the driver called: the device is busy until it returns. */
  | { kind: 'host-callback' }
  | { kind: 'fork-child' }
  | { kind: 'collective' }
  | { kind: 'signal-handler' }
  /**
   * Waits for something that a family is known for, without showing who should end it. `onlyIfNobodyGoesOn`: a wait
   * like this is common, and says something only where every thread of the process rests.
   */
  | { kind: 'suspects'; family: SuspectFamily; what: string; onlyIfNobodyGoesOn?: true };

export type SuspectFamily =
  | 'fork-held-lock'
  | 'lost-wakeup'
  | 'queue-full-join'
  | 'js-thread-blocked'
  | 'self-deadlock'
  | 'spin-wait'
  | 'gil-vs-native-mutex'
  | 'gil-vs-call_once'
  | 'other';

export interface Rule {
  id: string;
  at: Place;
  frame?: FramePattern;
  /** The frame's arguments, as a debugger prints them. */
  args?: RegExp;
  /** Wait machinery that must be innermost, by function name without its decoration. */
  wait?: RegExp;
  /** The frame directly outside of it. */
  calledBy?: FramePattern;
  /** The frame directly inside of it. */
  calls?: FramePattern;
  /** Frames that must stand further out, in any order. */
  under?: readonly FramePattern[];
  /** Frames that must stand further in, in any order. */
  above?: readonly FramePattern[];
  /** Frames that must not be in the stack. */
  without?: readonly FramePattern[];
  /** Frames that must not stand further out. */
  notUnder?: readonly FramePattern[];
  /** The outermost frame that is not of the C library: whose thread it is. */
  startedBy?: FramePattern;
  /** The dump tool's own words on the thread. */
  said?: RegExp;
  /** Only in dumps of this tool. */
  format?: RegExp;
  means: Meaning;
  software: string;
  /** Which versions it is true for. */
  versions: string;
  /** The public report or the measurement behind it. */
  learntFrom: string;
  /** How often it is right where it fits, 0 to 1. Rules below 0.8 are not used on live processes. */
  confidence: number;
}

export const gil = 'runtime-lock:GIL';
export const jsThread = 'runtime-lock:JS thread';
/** What is true of the interpreter itself and of every build of it. */
export const python: FramePattern = { runtime: 'python' };

/** A function of native code; Python has functions named `wait`, `free` and `exit` too. */
export const fn = (pattern: RegExp): FramePattern => ({ function: pattern, runtime: 'native' });
export const inModule = (pattern: RegExp): FramePattern => ({ module: pattern });
/** A function of a Python file: `py(/^select$/, /selectors\.py$/)`. */
export const py = (name: RegExp, file: RegExp): FramePattern => ({ function: name, file, runtime: 'python' });

export const waitsFor = (resource: string): Meaning => ({ kind: 'waits-for', resource });
/** For locks that are only held across a computation: a wait for one moves, unless its owner is gone. */
export const waitsBriefly = (resource: string): Meaning => ({ kind: 'waits-for', resource, brief: true });
export const holds = (resource: string): Meaning => ({ kind: 'holds', resource });
export const mayHold = (resource: string): Meaning => ({ kind: 'may-hold', resource });
export const drops = (resource: string): Meaning => ({ kind: 'drops', resource });
export const retakes = (resource: string): Meaning => ({ kind: 'retakes', resource });
export const idle = (what: string): Meaning => ({ kind: 'idle', what });
export const waitsOutside = (what: string): Meaning => ({ kind: 'waits-external', what });
export const spins = (what: string): Meaning => ({ kind: 'spins', what });
export const suspects = (family: SuspectFamily, what: string): Meaning => ({
  kind: 'suspects',
  family,
  what,
});
export const suspectsWeakly = (family: SuspectFamily, what: string): Meaning => ({
  kind: 'suspects',
  family,
  what,
  onlyIfNobodyGoesOn: true,
});

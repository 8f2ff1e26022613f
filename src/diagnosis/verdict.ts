/** The verdict contract: stable from the first release, in every report that has one. */
import type { Evidence } from './process-dump.js';

export const verdictKinds = [
  'deadlock',
  'livelock',
  'starvation',
  'busy',
  'waiting-external',
  'idle',
  'crashed',
  'violation',
  'ok',
  'unknown',
] as const;
export type VerdictKind = (typeof verdictKinds)[number];

export const families = [
  'gil-vs-cuda-driver',
  'gil-vs-native-mutex',
  'js-thread-blocked',
  'abba-mutex',
  'self-deadlock',
  'fork-held-lock',
  'lost-wakeup',
  'host-callback-calls-runtime',
  'collective-mismatch',
  'queue-full-join',
  'gil-vs-call_once',
  'spin-wait',
  'other',
  'none',
] as const;
export type Family = (typeof families)[number];

export interface Actor {
  pid: number;
  tid: number;
  name: string;
}

/** One step of a wait cycle: this actor holds `holds`, which the step before waits for, and waits for `waitsFor`. */
export interface CycleStep {
  actor: Actor;
  holds: string;
  holdsEvidence: Evidence;
  waitsFor: string;
  waitsEvidence: Evidence;
  /** The frame or call in which it waits. */
  frame: string;
  /** Where it stands, in Python: what people look for in their source. */
  site?: string;
  /** Other threads that hold the same and wait for the same. */
  alike?: Actor[];
}

/** One statement of the diagnosis, with what it rests on, so that a reader can check it. */
export interface Claim {
  actor: Actor;
  /** E.g. `waits for the GIL`. */
  says: string;
  evidence: Evidence;
  /** The frame that says so. */
  frame?: string;
  /** The line of the text dump that it stands in, from 1. */
  line?: number;
  /** Id of the rule that read the frame; docs/frame-rules.md lists them. */
  rule?: string;
  /** What it rests on beside the frame, e.g. `the only thread that can hold it`. */
  because?: string;
}

export interface Bystander {
  actor: Actor;
  waitsFor?: string;
  /** Why it is here: `waits for a lock of the cycle`, `idle`, `runs`. */
  why: string;
}

export interface Verdict {
  kind: VerdictKind;
  family: Family;
  /** 0 to 1. */
  confidence: number;
  /** One sentence. */
  summary: string;
  cycle: CycleStep[];
  /** Where nobody can provide what the last one waits for: from whom others wait for to the last one. */
  chain?: CycleStep[];
  bystanders: Bystander[];
  /** What the verdict rests on: only for text dumps. */
  claims?: Claim[];
  /** What to change, strongest first. */
  cuts: string[];
  /** What this dump cannot show. */
  unknowns: string[];
}

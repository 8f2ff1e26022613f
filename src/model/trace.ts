/** An execution of the model as kvtool-explore writes it (native/tools/explore/trace.cc). */

/** A line of a scenario, or of the class that it exercises. */
export interface Place {
  file: string;
  /** From 1. */
  line: number;
  function?: string;
}

/** Of the program, in contrast to a limit: a failure unless it is `ok`, `bound`, `pruned` or `redundant`. */
export type Outcome =
  | 'ok'
  | 'deadlock'
  | 'livelock'
  | 'violation'
  | 'race'
  | 'leak'
  | 'use-after-free'
  | 'double-free'
  | 'exception'
  | 'bound'
  | 'pruned'
  | 'redundant';

export interface TraceOperation {
  /** What it does, e.g. `lock`, `wait for`. */
  kind: string;
  object?: string;
}

export interface TraceStep extends TraceOperation {
  /** An actor, or an agent of the memory model, e.g. `writer's store buffer`. */
  agent: string;
  value?: number;
  place?: Place;
  /** After this step: who has which lock. */
  locks: Record<string, string[]>;
  /** After this step: what an actor stored and others do not see yet, oldest first. */
  buffers?: Record<string, { object: string; value: number }[]>;
}

/** Where an actor stands at the end. */
export interface Standing {
  actor: string;
  daemon: boolean;
  ended: boolean;
  /** It is the one that failed. */
  failed?: boolean;
  /** Resources, `kind:name`. */
  holds: string[];
  /** What others await and this one has to complete first: a stream's work, an event. */
  owes?: string[];
  operation?: TraceOperation;
  /** A resource, `kind:name`. */
  waitsFor?: string;
  place?: Place;
}

export interface Trace {
  outcome: Outcome;
  message: string;
  /** Every point of the schedule was met as it stands. */
  followed: boolean;
  actors: string[];
  steps: TraceStep[];
  standing: Standing[];
  failingActor?: string;
}

/** What the fixed variant did under the schedule that makes another fail. */
export interface Comparison {
  variant: string;
  outcome: Outcome;
  message: string;
  /** The first step, from 1, at which the fixed one does something else. */
  difference?: { step: number; agent: string; there: string; here: string };
  /** The first step at which it does not let the agent go on. */
  refusal?: {
    step: number;
    agent: string;
    there: string;
    why: 'waits' | 'has ended' | 'does not exist' | 'has nothing to do';
    waitsFor?: string;
    heldBy?: string[];
    place?: Place;
  };
}

/** `lock A`. */
export function sayOperation({ kind, object }: TraceOperation): string {
  return object === undefined || object === '' ? kind : `${kind} ${object}`;
}

export function sayPlace(place: Place | undefined): string {
  return place === undefined ? '' : `${place.file}:${place.line}`;
}

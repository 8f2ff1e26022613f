/** The other lines of kvtool-explore (native/tools/explore): results and the catalogue. */
import type { Comparison, Outcome, Trace } from './trace.js';

export const memoryModels = ['sc', 'tso', 'pso', 'arm'] as const;
export type MemoryModel = (typeof memoryModels)[number];

export interface Expected {
  outcome: Outcome;
  /** How the failure's message begins. */
  message: string;
}

export interface ModelLimits {
  steps: number;
  timeouts: number;
  spuriousWakeups: number;
  storeBuffer: number;
}

export interface ModelScenario {
  id: string;
  family: string;
  title: string;
  source: string;
  model: MemoryModel;
  limits: ModelLimits;
  parameters: { name: string; default: number; min: number; max: number; summary: string }[];
  /** The buggy one first, the fixed one last. */
  variants: {
    name: string;
    summary: string;
    expected: Record<MemoryModel, Expected>;
    /** The same code runs in real threads as well. */
    realThreads: boolean;
  }[];
  golden: string;
}

/** What was run. */
export interface Subject {
  scenario: string;
  family: string;
  variant: string;
  summary: string;
  model: MemoryModel;
  parameters: Record<string, number>;
  limits: ModelLimits;
  expected: Expected;
}

export interface Phase {
  name: string;
  executions: number;
  seconds: number;
  note: string;
}

export interface Prediction {
  text: string;
  status: 'confirmed' | 'impossible' | 'potential';
  reason: string;
}

export interface ModelFailure {
  outcome: Outcome;
  message: string;
  foundBy: string;
  /** Until then, this one included. */
  executions: number;
  seconds: number;
  /** Of the minimised schedule. */
  steps: number;
  switches: number;
  schedule: string;
  trace: Trace;
  comparison?: Comparison;
}

/**
 * proved: the whole space was explored and nothing fails. not-found: nothing failed in what was explored. bound:
 * executions do not end within the limit. nondeterministic: the same choices gave another execution. stuck: an actor
 * never comes to an operation. error: it does not fit the model or the memory.
 */
export type Conclusion = 'proved' | 'failed' | 'not-found' | 'bound' | 'nondeterministic' | 'stuck' | 'error';

/** Of one variant; the numbers are absent where it is stuck or did not fit. */
export interface VariantLine extends Subject {
  kind: 'result';
  seed: number;
  conclusion: Conclusion;
  /** One sentence: sizes, bounds, or what is wrong. */
  explanation: string;
  executions?: number;
  steps?: number;
  states?: number;
  provedBy?: string;
  actors?: number;
  objects?: number;
  longest?: number;
  timeoutsBounded?: boolean;
  seconds?: number;
  phases?: Phase[];
  predictions?: Prediction[];
  failure?: ModelFailure;
}

export interface ReplayLine extends Subject {
  kind: 'replay';
  schedule: string;
  trace: Trace;
  comparison?: Comparison;
}

/** One way in which random executions failed. */
export interface ModelFinding {
  outcome: Outcome;
  message: string;
  /** Executions that failed so. */
  count: number;
  /** Number of the first of them. */
  first: number;
  steps: number;
  schedule: string;
}

export interface RandomLine extends Subject {
  kind: 'result';
  seed: number;
  /** Number of the first execution. */
  first: number;
  conclusion: 'failed' | 'not-found' | 'stuck';
  /** Only when it is stuck. */
  explanation?: string;
  /** All executions that were asked for were run. */
  complete?: boolean;
  executions?: number;
  steps?: number;
  /** Executions that did not end within the limit of steps. */
  unended?: number;
  findingsNotKept?: number;
  seconds?: number;
  findings?: ModelFinding[];
}

/** The same code on real threads. */
export interface ThreadsLine {
  kind: 'result';
  scenario: string;
  family: string;
  variant: string;
  summary: string;
  parameters: Record<string, number>;
  /** Of the root; each round has a seed of its own. */
  seed: number;
  expected: Expected;
  /** A failure that this processor may never show. */
  mayNotShow: boolean;
  /** done: every round ended. broken: an invariant did not hold. hung: no round ended. crashed: the process died. */
  end: 'done' | 'broken' | 'hung' | 'crashed';
  /** That ended. */
  rounds: number;
  /** What did not hold, or what the process died of. */
  broken: string[];
  /** Of the round that failed. */
  failingSeed?: number;
  seconds: number;
}

export interface ProgressLine {
  kind: 'progress';
  scenario: string;
  variant: string;
  phase: string;
  executions: number;
  seconds: number;
}

export interface CatalogueLine {
  kind: 'catalogue';
  schemaVersion: 1;
  scenarios: ModelScenario[];
}

export type ExplorerLine = VariantLine | ReplayLine | RandomLine | ThreadsLine | ProgressLine | CatalogueLine;

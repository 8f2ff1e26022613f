/** What a scenario's folder says of itself. `scenarios/<id>/scenario.ts` exports one as its default. */
import type { Family, VerdictKind } from '../diagnosis/verdict.js';

/** How events leave a stream: the runtime's own callback, a native host function, or a store of the GPU. */
export const paths = ['callback', 'recorder', 'gpu-stamp'] as const;
export type Path = (typeof paths)[number];
export type RuntimeName = 'js' | 'python';
export type DeviceName = 'sim' | 'cuda';

export interface Parameter {
  /** Kebab case; also the name of the flag (`--kernel-us`) and of its environment twin. */
  name: string;
  summary: string;
  type: 'integer' | 'choice';
  default: number | string;
  /** `µs`, `ms`, `threads`, ... for people; absent for choices and plain counts. */
  unit?: string;
  min?: number;
  max?: number;
  choices?: readonly string[];
}

export type ParameterValues = Readonly<Record<string, number | string>>;

/** What a run is expected to show. Checked against the verdict; a run that shows something else fails. */
export interface Expectation {
  kind: Extract<VerdictKind, 'deadlock' | 'violation' | 'ok'>;
  family: Family;
  /**
   * The cycle, as the resources in wait order from the runtime lock's holder: each entry is what that party waits
   * for. Compared up to rotation. Where the last one waits for something that nobody will provide it is a chain.
   * Empty when no deadlock is expected.
   */
  waits: readonly string[];
  /** The invariant that a violation breaks: its counter is `violation.` and this. */
  broken?: string;
  /** One sentence: why. */
  because: string;
}

export interface Variant {
  name: string;
  summary: string;
  /** The paths this variant can run on, the default first. */
  paths: readonly Path[];
  /** The public report it stands for. */
  source: string;
  /** Parameter defaults that differ in this variant. */
  defaults?: ParameterValues;
}

export interface Run {
  variant: string;
  path: Path;
  runtime: RuntimeName;
  device: DeviceName;
  parameters: ParameterValues;
}

/** A Python package that a harness imports. */
export interface PythonPackage {
  /** As `import` names it. */
  module: string;
  /** What to do where it is missing, one line each. */
  suggestions: readonly string[];
}

/** Why a run cannot be made, and what to do about it, one line each. */
export interface Refusal {
  problem: string;
  suggestions: readonly string[];
}

export interface Scenario {
  id: string;
  title: string;
  family: Family;
  /** Public bug reports. */
  sources: readonly { label: string; url: string }[];
  summary: string;
  /** When the hazard window counts as open, one sentence. */
  window: string;
  invariants: readonly string[];
  runtimes: readonly RuntimeName[];
  devices: readonly DeviceName[];
  parameters: readonly Parameter[];
  variants: readonly Variant[];
  /** Not finished: `deadlock-check` runs it only when it is named. */
  draft?: boolean;
  /** The variant that `deadlock-check` runs: it fails on the callback path and must pass on its others. */
  check: { variant: string };
  /** Values that do not go together; undefined: they do. */
  refuse?(run: Run): Refusal | undefined;
  /** What the Python harness imports beside the standard library. */
  packages?(run: Run): readonly PythonPackage[];
  expect(run: Run): Expectation;
  /** What to change, strongest first; printed with a deadlock of this scenario. */
  cuts(run: Run): string[];
}

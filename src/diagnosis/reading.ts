/** What the rules make of one thread's stack: every finding, and the few conclusions that need several of them. */
import { type MachineryKind, machineryKind } from './frames.js';
import type { Frame, ProcessDump, ThreadDump } from './process-dump.js';
import { rules } from './rules/index.js';
import { type Finding, Matcher, type Stack, stackOf } from './rules/matcher.js';
import { gil, type Meaning } from './rules/rule.js';

export interface Reading {
  thread: ThreadDump;
  stack: Stack;
  /** Innermost first. */
  findings: readonly Finding[];
  /** What its wait machinery waits for, by name. */
  machinery: MachineryKind | undefined;
  /** The wait that counts: the innermost one. */
  wait: Finding | undefined;
  /** Whether it can be the one that has the GIL. */
  gil: 'wants' | 'gave up' | 'may hold' | 'none';
  isForkChild: boolean;
}

type Kind = Meaning['kind'];

const live = new Matcher(rules.filter((rule) => rule.confidence >= 0.8));
const text = new Matcher(rules);

/** True for a dump that somebody pasted: nothing in it was read from memory by us. */
export function isText({ format }: ProcessDump): boolean {
  return format !== undefined && format !== 'kvtool';
}

/** These tools only ever look at Python. */
const pythonTools: ReadonlySet<string> = new Set(['pystack', 'py-spy', 'py-spy-json', 'faulthandler']);

export function isPythonTool({ format = '' }: ProcessDump): boolean {
  return pythonTools.has(format);
}

/** Threads are never changed once they are read, so each is looked at once. */
const known = new WeakMap<ThreadDump, Reading>();

export function readThread(thread: ThreadDump, dump: ProcessDump): Reading {
  const before = known.get(thread);
  if (before !== undefined) return before;
  const stack = stackOf(thread);
  const matcher = isText(dump) ? text : live;
  const machinery = machineryKind(thread.frames);
  const findings = matcher
    .findings(thread, stack, dump.format)
    .filter((finding) => !isIdleInALock(finding, machinery));
  const wait = findings.find(({ rule }) => rule.means.kind === 'waits-for' || rule.means.kind === 'retakes');
  const reading: Reading = {
    thread,
    stack,
    findings,
    machinery,
    wait,
    gil: gilOf(thread, stack, findings, wait),
    isForkChild: findings.some(({ rule }) => rule.means.kind === 'fork-child'),
  };
  known.set(thread, reading);
  return reading;
}

/** A worker that stands in a mutex does not wait for work. */
function isIdleInALock({ rule }: Finding, machinery: MachineryKind | undefined): boolean {
  const isLock = machinery === 'mutex' || machinery === 'rwlock';
  return rule.means.kind === 'idle' && isLock && rule.wait === undefined;
}

function gilOf(
  thread: ThreadDump,
  { frames }: Stack,
  findings: readonly Finding[],
  wait: Finding | undefined,
): Reading['gil'] {
  if (thread.gil === 'waits' || thread.wait?.kind === 'gil' || resourceOf(wait) === gil) return 'wants';
  const python = findings.find(({ rule }) => rule.means.kind === 'may-hold' && rule.means.resource === gil);
  if (python === undefined) return 'none';
  const gaveUp = findings.some((finding) => finding.at <= python.at && givesUp(finding, frames));
  return gaveUp ? 'gave up' : 'may hold';
}

/** CPython gives the GIL up in everything of its standard library that waits. */
const waitsInPython: ReadonlySet<Kind> = new Set<Kind>([
  'idle',
  'waits-external',
  'waits-for',
  'collective',
  'suspects',
]);

function givesUp({ rule, at }: Finding, frames: readonly Frame[]): boolean {
  if (rule.means.kind === 'drops') return rule.means.resource === gil;
  return waitsInPython.has(rule.means.kind) && frames[at]?.runtime === 'python';
}

function resourceOf(finding: Finding | undefined): string | undefined {
  const means = finding?.rule.means;
  return means !== undefined && 'resource' in means ? means.resource : undefined;
}

/** The surest finding of these kinds; of equally sure ones the innermost. */
export function surest({ findings }: Reading, ...kinds: readonly Kind[]): Finding | undefined {
  let best: Finding | undefined;
  for (const finding of findings) {
    if (!kinds.includes(finding.rule.means.kind)) continue;
    if (best === undefined || finding.rule.confidence > best.rule.confidence) best = finding;
  }
  return best;
}

/** Its own words for what a finding rests on, where the rule has any. */
export function whatOf(finding: Finding): string {
  const { means } = finding.rule;
  return 'what' in means ? means.what : finding.rule.software;
}

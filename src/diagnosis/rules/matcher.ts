/** Finds out which rules fit a stack, and where. */
import { bareName, machineryDepth, startedFrame } from '../frames.js';
import type { Frame, ThreadDump } from '../process-dump.js';
import type { FramePattern, Place, Rule } from './rule.js';

/** A rule that fits, and the index of the frame it speaks of; -1 when it speaks of the thread. */
export interface Finding {
  rule: Rule;
  at: number;
}

export interface Stack {
  frames: readonly Frame[];
  /** How many frames, counted from the innermost, are nothing but wait machinery. */
  depth: number;
  /** Index of the innermost Python frame, -1 for none. */
  python: number;
  /** Somebody cut the innermost frames off: `frames[0]` does not tell whether the thread runs. */
  isTopMissing: boolean;
}

export function stackOf({ frames, innermostMissing }: ThreadDump): Stack {
  return {
    frames,
    depth: machineryDepth(frames),
    python: frames.findIndex((frame) => frame.runtime === 'python' && !isBuiltIn(frame)),
    isTopMissing: innermostMissing === true,
  };
}

/** python-gdb prints the C function that Python has called as one more line of Python. */
function isBuiltIn({ function: name = '' }: Frame): boolean {
  return name.startsWith('<built-in ');
}

/** How many different frames the matcher remembers before it begins anew. */
const cacheLimit = 50_000;

type Candidates = Record<Place, readonly Rule[]>;

export class Matcher {
  readonly #byPlace: Candidates;
  readonly #cache = new Map<string, Partial<Candidates>>();

  constructor(rules: readonly Rule[]) {
    const at = (place: Place) => rules.filter((rule) => rule.at === place);
    this.#byPlace = {
      caller: at('caller'),
      top: at('top'),
      tip: at('tip'),
      python: at('python'),
      any: at('any'),
      thread: at('thread'),
    };
  }

  /** Innermost first; rules at the same frame in the order of the table. */
  findings(thread: ThreadDump, stack: Stack, format?: string): Finding[] {
    const { frames, depth, python, isTopMissing } = stack;
    const found: Finding[] = [];
    const seek = (place: Place, at: number): void => {
      const frame = frames[at];
      if (frame === undefined) return;
      for (const rule of this.#candidates(frame, place)) {
        const isKnown = place === 'any' && found.some((finding) => finding.rule === rule);
        if (isKnown && rule.means.kind !== 'may-hold') continue;
        if (!fits(rule, thread, stack, at, format)) continue;
        // What may be held is told by the outermost frame too: the innermost may be where it is wanted again.
        const outermost = isKnown ? found.findLastIndex((finding) => finding.rule === rule) : -1;
        const isSecond = outermost >= 0 && found.findIndex((finding) => finding.rule === rule) < outermost;
        if (isSecond) found.splice(outermost, 1);
        found.push({ rule, at });
      }
    };
    for (const rule of this.#byPlace.thread) {
      if (fits(rule, thread, stack, -1, format)) found.push({ rule, at: -1 });
    }
    const isBlocked = depth > 0;
    // A stack of machinery only has nobody who called it.
    if (isBlocked && depth < frames.length) seek('caller', depth);
    if (!isBlocked && !isTopMissing) seek('top', 0);
    seek('tip', depth < frames.length ? depth : 0);
    seek('python', python);
    for (let at = 0; at < frames.length; at++) seek('any', at);
    return found.sort((a, b) => a.at - b.at);
  }

  #candidates(frame: Frame, place: Place): readonly Rule[] {
    const key = `${frame.function ?? ''}\n${frame.module ?? ''}\n${frame.file ?? ''}\n${frame.runtime}`;
    let known = this.#cache.get(key);
    if (known === undefined) {
      if (this.#cache.size >= cacheLimit) this.#cache.clear();
      known = {};
      this.#cache.set(key, known);
    }
    known[place] ??= this.#byPlace[place].filter((rule) => matches(rule.frame ?? {}, frame));
    return known[place];
  }
}

function fits(rule: Rule, thread: ThreadDump, stack: Stack, at: number, format?: string): boolean {
  const { frames, depth } = stack;
  if (rule.format !== undefined && !rule.format.test(format ?? '')) return false;
  if (rule.args !== undefined && !rule.args.test(frames[at]?.args ?? '')) return false;
  if (rule.said !== undefined && !rule.said.test(thread.said ?? '')) return false;
  if (rule.wait !== undefined && !hasMachinery(rule.wait, frames, depth)) return false;
  if (rule.calledBy !== undefined && !matchesAt(rule.calledBy, frames[at + 1])) return false;
  if (rule.calls !== undefined && !matchesAt(rule.calls, frames[at - 1])) return false;
  if (rule.startedBy !== undefined && !matchesAt(rule.startedBy, startedFrame(frames))) return false;
  if (rule.without?.some((pattern) => frames.some((frame) => matches(pattern, frame)))) return false;
  if (rule.notUnder?.some((pattern) => someMatch(pattern, frames, at + 1, frames.length))) return false;
  if (!(rule.above ?? []).every((pattern) => someMatch(pattern, frames, 0, at))) return false;
  return (rule.under ?? []).every((pattern) => someMatch(pattern, frames, at + 1, frames.length));
}

function hasMachinery(wait: RegExp, frames: readonly Frame[], depth: number): boolean {
  for (let at = 0; at < depth; at++) {
    const frame = frames[at];
    if (frame !== undefined && wait.test(bareName(frame))) return true;
  }
  return false;
}

function someMatch(pattern: FramePattern, frames: readonly Frame[], from: number, to: number): boolean {
  for (let at = from; at < to; at++) if (matchesAt(pattern, frames[at])) return true;
  return false;
}

function matchesAt(pattern: FramePattern, frame: Frame | undefined): boolean {
  return frame !== undefined && matches(pattern, frame);
}

export function matches({ function: name, module, file, runtime }: FramePattern, frame: Frame): boolean {
  if (runtime !== undefined && runtime !== frame.runtime) return false;
  if (name !== undefined && !name.test(frame.function ?? '')) return false;
  if (module !== undefined && !module.test(frame.module ?? '')) return false;
  return file === undefined || file.test(frame.file ?? '');
}

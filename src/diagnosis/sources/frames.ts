/** What the stacks suggest, by the rules of frame-rules.ts. Everything here is inferred. */
import type { Claims, HoldClaim, WaitClaim } from '../claims.js';
import { type FramePattern, type FrameRule, frameRules } from '../frame-rules.js';
import { callersOfWait, standsInWait, tellingFrame } from '../frames.js';
import type { Frame, ProcessDump, ThreadDump } from '../process-dump.js';

export function frameClaims(dump: ProcessDump): Claims {
  const waits: WaitClaim[] = [];
  const holds: HoldClaim[] = [];
  for (const thread of dump.threads) {
    const rules = rulesThatFit(thread);
    const base = { source: 'frames', tid: thread.tid, evidence: 'inferred' } as const;
    const waiting = rules.find((rule) => rule.means.waits !== undefined)?.means.waits;
    if (waiting !== undefined) {
      waits.push({ ...base, resource: waiting, frame: tellingFrame(thread.frames) });
    }
    for (const rule of rules) {
      for (const resource of rule.means.holds ?? []) holds.push({ ...base, resource });
      const { mayHold } = rule.means;
      if (mayHold !== undefined && mayHold !== waiting) {
        holds.push({ ...base, resource: mayHold, byElimination: true });
      }
    }
  }
  return { names: new Map(), waits, holds };
}

/** True for a worker that only waits for work. */
export function isIdleWorker(thread: ThreadDump): boolean {
  return rulesThatFit(thread).some((rule) => rule.means.idle === true);
}

function rulesThatFit(thread: ThreadDump): FrameRule[] {
  return frameRules.filter((rule) => fits(rule, thread.frames));
}

function fits(rule: FrameRule, frames: readonly Frame[]): boolean {
  const at = placeOf(rule, frames);
  if (at < 0) return false;
  const machinery = frames.slice(0, at);
  if (rule.wait !== undefined && !machinery.some((frame) => rule.wait?.test(frame.function ?? '')))
    return false;
  const outer = frames.slice(at + 1);
  return (rule.under ?? []).every((pattern) => outer.some((frame) => matches(pattern, frame)));
}

/** Index of the frame that the rule speaks of, or -1. */
function placeOf(rule: FrameRule, frames: readonly Frame[]): number {
  const blocked = standsInWait(frames);
  if (rule.at === 'top') return !blocked && frames[0] && matches(rule.frame, frames[0]) ? 0 : -1;
  if (rule.at === 'any') return blocked ? frames.findIndex((frame) => matches(rule.frame, frame)) : -1;
  const caller = callersOfWait(frames)[0];
  if (!blocked || caller === undefined || !matches(rule.frame, caller)) return -1;
  return frames.indexOf(caller);
}

function matches(pattern: FramePattern, frame: Frame): boolean {
  if (pattern.function !== undefined && !pattern.function.test(frame.function ?? '')) return false;
  return pattern.module === undefined || pattern.module.test(frame.module ?? '');
}

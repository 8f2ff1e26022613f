/** Where a claim stands in the dump: the frame, its line, and the rule that read it. */
import type { Ground } from '../claims.js';
import { sayFrame } from '../frames.js';
import type { Frame, ThreadDump } from '../process-dump.js';
import type { Reading } from '../reading.js';
import type { Finding } from '../rules/matcher.js';

export function groundOf({ thread, stack }: Reading, finding: Finding | undefined): Ground {
  if (finding === undefined) return {};
  return {
    rule: finding.rule.id,
    confidence: finding.rule.confidence,
    ...groundAt(stack.frames, finding.at, thread),
  };
}

/** Unnamed frames say nothing to people: the next named one further out stands for them. */
export function groundAt(frames: readonly Frame[], at: number, thread: ThreadDump): Ground {
  const from = Math.max(0, at);
  const named = frames.slice(from).find((frame) => frame.function !== undefined) ?? frames[from];
  if (named === undefined) return headingOf(thread);
  const line = named.sourceLine ?? thread.sourceLine;
  return { frame: sayFrame(named), ...(line === undefined ? {} : { line }) };
}

export function headingOf({ sourceLine }: ThreadDump): Ground {
  return sourceLine === undefined ? {} : { line: sourceLine };
}

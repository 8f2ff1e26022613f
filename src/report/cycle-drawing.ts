/** A wait cycle as text: who holds what, and for whom everybody waits. */
import { sayHolds, sayWaits } from '../diagnosis/resources.js';
import { sayFirst } from '../diagnosis/say-first.js';
import type { CycleStep } from '../diagnosis/verdict.js';
import { sayActor } from './format.js';

interface Ink {
  /** Where the cycle comes back to. */
  start: string;
  side: string;
  bar: string;
  down: string;
  end: string;
}

const unicodeInk: Ink = { start: '┌─▶ ', side: '│   ', bar: '│', down: '▼', end: '└───┘' };
const asciiInk: Ink = { start: '+-> ', side: '|   ', bar: '|', down: 'v', end: '+---+' };

export function drawCycle(cycle: readonly CycleStep[], { unicode = true } = {}): string {
  const ink = unicode ? unicodeInk : asciiInk;
  const lines: string[] = [];
  for (const [index, step] of cycle.entries()) {
    if (index > 0) lines.push(`${ink.side}${ink.down}`);
    lines.push(
      `${index === 0 ? ink.start : ink.side}${sayActor(step)}${sayAlike(step)}`,
      `${ink.side}${ink.bar} ${sayHolds(step.holds)} [${step.holdsEvidence}]`,
      `${ink.side}${ink.bar} waits for ${sayWaits(step.waitsFor)} [${step.waitsEvidence}] in ${step.frame}`,
    );
    if (step.site !== undefined) lines.push(`${ink.side}${ink.bar} from ${step.site}`);
  }
  if (lines.length > 0) lines.push(ink.end);
  return lines.join('\n');
}

/** How many names of threads that stand alike a drawing has room for. */
const namedAlike = 8;

function sayAlike({ alike = [] }: CycleStep): string {
  if (alike.length === 0) return '';
  return `, and alike: ${sayFirst(alike, namedAlike, (actor) => actor.name)}`;
}

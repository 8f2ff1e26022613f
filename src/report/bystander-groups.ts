/** Bystanders folded by identical reason: sixteen idle workers are one line. */

import { sayWaits } from '../diagnosis/resources.js';
import { sayFirst } from '../diagnosis/say-first.js';
import type { Bystander } from '../diagnosis/verdict.js';

export interface BystanderGroup {
  why: string;
  waitsFor?: string;
  bystanders: Bystander[];
}

/** In the order of their first member: waiters first. */
export function groupBystanders(bystanders: readonly Bystander[]): BystanderGroup[] {
  const groups = new Map<string, BystanderGroup>();
  for (const bystander of bystanders) {
    const { why, waitsFor } = bystander;
    const key = `${waitsFor ?? ''}\n${why}`;
    const group = groups.get(key);
    if (group === undefined) {
      groups.set(key, { why, ...(waitsFor === undefined ? {} : { waitsFor }), bystanders: [bystander] });
    } else group.bystanders.push(bystander);
  }
  return [...groups.values()];
}

/** How many names a line has room for. */
const named = 6;

/** e.g. `11 x rests: a worker of a thread pool: pool_1, pool_2 and 9 more`. */
export function bystanderGroups(bystanders: readonly Bystander[]): string[] {
  return groupBystanders(bystanders).map(({ why, waitsFor, bystanders: members }) => {
    const names = sayFirst(members, named, ({ actor }) => `${actor.name} (${actor.tid})`);
    const lock = waitsFor === undefined ? '' : ` (${sayWaits(waitsFor)})`;
    const times = members.length === 1 ? '' : `${members.length} x `;
    return `${times}${why}${lock}: ${names}`;
  });
}

import type { ProcessDump } from '../process-dump.js';

/**
 * Groups dumps that show the same process at different times, in the order of the text. Without a process id, the same
 * threads tell: pthread addresses and kernel ids of two processes hardly ever agree.
 */
export function groupSamples(dumps: readonly ProcessDump[]): ProcessDump[][] {
  const groups: ProcessDump[][] = [];
  const byKey = new Map<string, ProcessDump[]>();
  for (const dump of dumps) {
    const keys = keysOf(dump);
    let group = keys.map((key) => byKey.get(key)).find((known) => known !== undefined);
    if (group === undefined) {
      group = [];
      groups.push(group);
    }
    group.push(dump);
    for (const key of keys) byKey.set(key, group);
  }
  return groups;
}

function keysOf(dump: ProcessDump): string[] {
  const label = dump.label ?? '';
  const keys = dump.pid === 0 ? [] : [`${label} process ${dump.pid}`];
  for (const { tid, tidKind } of dump.threads) {
    // A pid of its own says more than a thread's id; a made-up or small number says nothing.
    if (dump.pid !== 0 || tidKind === 'ordinal' || tidKind === 'debugger' || tidKind === 'goroutine')
      continue;
    keys.push(`${label} ${tidKind ?? 'thread'} ${tid}`);
  }
  return keys;
}

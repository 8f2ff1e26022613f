import type { ThreadDump } from './process-dump.js';

/** What people can call a thread that has no name. */
export function labelOf({ name, tid, tidKind }: ThreadDump): string {
  if (name !== '') return name;
  if (tidKind === 'ordinal') return `stack ${tid}`;
  return tidKind === 'goroutine' ? 'goroutine' : 'thread';
}

/** The lines of gdb that name a thread: headings of stacks, `info threads`, switches. */
import { addressEnd, digitsEnd, tidyAddress } from './scan.js';

export interface GdbThread {
  /** Gdb's own number. */
  number?: number;
  tid?: number;
  pthread?: string;
  name?: string;
  isCurrent?: boolean;
  isExiting?: boolean;
  /** What stands after the thread on the same line: a frame without its number. */
  frame?: string;
}

/** `Thread 3 (Thread 0x7f12 (LWP 7960) "name"):`; the colon and the inner part may be missing. */
export function gdbHeading(body: string): GdbThread | undefined {
  if (!body.startsWith('Thread ')) return undefined;
  const end = threadNumberEnd(body, 7);
  if (end === 7 || !body.startsWith(' (', end)) return undefined;
  if (!body.endsWith(':') && !body.endsWith(')')) return undefined;
  const target = targetOf(body.slice(end + 2));
  return target && { number: threadNumber(body.slice(7, end)), ...target };
}

/** `* 1    Thread 0x7f12 (LWP 3) "name" 0x7f13 in f () from /lib/x.so`, a row of `info threads`. */
export function gdbRow(body: string): GdbThread | undefined {
  const isCurrent = body.startsWith('*');
  const row = isCurrent ? body.slice(1).trimStart() : body;
  const end = threadNumberEnd(row, 0);
  if (end === 0 || row[end] !== ' ') return undefined;
  const text = row.slice(end).trimStart();
  const target = /^(?:Thread|LWP|process) /.test(text) ? targetOf(text) : undefined;
  if (target === undefined) return undefined;
  return { number: threadNumber(row.slice(0, end)), ...target, ...(isCurrent ? { isCurrent } : {}) };
}

/** `[Switching to thread 2 (Thread 0x7f12 (LWP 3))]`, `[Current thread is 1 (...)]`. */
export function gdbSwitch(body: string): GdbThread | undefined {
  const found = /^\[(?:Switching to thread|Current thread is) ([\d.]+) \(/.exec(body);
  const stop = /^\[Switching to (?=Thread |LWP |process )/.exec(body);
  const start = found ?? stop;
  if (start === null) return undefined;
  const close = body.indexOf(']');
  const target = targetOf(body.slice(start[0].length, close < 0 ? body.length : close));
  if (target === undefined) return undefined;
  const frame = close < 0 ? '' : body.slice(close + 1).trim();
  return {
    ...(found?.[1] === undefined ? {} : { number: threadNumber(found[1]) }),
    ...target,
    isCurrent: true,
    ...(frame === '' ? {} : { frame }),
  };
}

/** `1` and, with several processes, `2.1`. */
function threadNumberEnd(text: string, from: number): number {
  const end = digitsEnd(text, from);
  if (end === from || text[end] !== '.') return end;
  return digitsEnd(text, end + 1);
}

const threadNumber = (text: string): number => Number(text.slice(text.indexOf('.') + 1));

/** `Thread 0x7f12 (LWP 3) "name" (Exiting)` and what follows it. */
function targetOf(text: string): Omit<GdbThread, 'number'> | undefined {
  let at = 0;
  let pthread: string | undefined;
  let tid: number | undefined;
  if (text.startsWith('Thread ')) {
    const end = addressEnd(text, 7);
    if (end > 7) pthread = tidyAddress(text.slice(7, end));
    at = end > 7 ? end : digitsEnd(text, 7);
  }
  const id = /^ ?\(?(?:LWP|process|Thread) (\d+)(?:\.(?:0x)?([0-9a-f]+))?\)?/.exec(text.slice(at, at + 80));
  if (id !== null) {
    tid = Number(id[1]);
    at += id[0].length;
  }
  if (tid === undefined && pthread === undefined) return undefined;
  const name = /^ "([^"]*)"/.exec(text.slice(at, at + 300));
  if (name !== null) at += name[0].length;
  const isExiting = text.startsWith(' (Exiting)', at);
  if (isExiting) at += ' (Exiting)'.length;
  const frame = text.slice(at).replace(/^[): ]+(?=$)|^ +/, '');
  return {
    ...(tid === undefined ? {} : { tid }),
    ...(pthread === undefined ? {} : { pthread }),
    ...(name?.[1] === undefined ? {} : { name: name[1] }),
    ...(isExiting ? { isExiting } : {}),
    ...(frame === '' ? {} : { frame }),
  };
}

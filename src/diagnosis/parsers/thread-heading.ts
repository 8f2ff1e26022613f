/** Finds a thread's name and id in the many headings that programs print above a traceback. */
import { addressEnd, digitsEnd, isDigit } from './scan.js';

export interface FoundThread {
  tid?: number;
  name: string;
}

/** Words that stand around a name, not in it. */
const filler =
  /^(?:[\s#*=~+:<>-]|(?:stack|dump|trace|traceback|backtrace|of|for|thread|threadid|thread_id|tid|id|ident|name|the)\b(?!-)[ :=]*)+/i;
const decorated = /<_?[A-Z]\w*\(([^,()<>]+), /;
const shortestIdent = 5;

/** Undefined for a line that speaks of no thread. */
export function threadHeading(text: string): FoundThread | undefined {
  if (text.length > 300) return undefined;
  const number = lastNumber(text);
  if (number === undefined && !/thread/i.test(text)) return undefined;
  const name = decorated.exec(text)?.[1] ?? nameIn(text, number?.at);
  return { ...(number === undefined ? {} : { tid: number.value }), name };
}

/** Idents are long; the 2 of `Thread-2` is part of the name. */
function lastNumber(text: string): { value: number; at: number } | undefined {
  let found: { value: number; at: number } | undefined;
  for (let at = 0; at < text.length; at++) {
    const isHex = text.startsWith('0x', at);
    if (!isHex && !isDigit(text.charCodeAt(at))) continue;
    const end = isHex ? addressEnd(text, at) : digitsEnd(text, at);
    if (end - at >= shortestIdent) found = { value: Number(text.slice(at, end)), at };
    at = Math.max(at, end);
  }
  return found;
}

function nameIn(text: string, numberAt: number | undefined): string {
  const before = text.slice(0, numberAt ?? text.length);
  const after = numberAt === undefined ? '' : text.slice(numberAt).replace(/^[\dxa-fA-F]+/, '');
  return tidy(before) || tidy(after);
}

function tidy(text: string): string {
  return text
    .replace(filler, '')
    .replace(/[\s#*=~+:()[\]"'<>,-]+$/, '')
    .replace(/^[\s("'[]+/, '')
    .replace(/[ ,(]*(?:tid|ident|id|thread id|thread_id)$/i, '')
    .trim();
}

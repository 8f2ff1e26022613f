import type { Frame } from '../process-dump.js';
import { makeFrame } from './make-frame.js';
import { digitsEnd } from './scan.js';
import type { Store } from './store.js';

/** A line of the form `File "x.py", line 3, in f` (tracebacks) or `File "x.py", line 3 in f` (faulthandler). */
export interface FileLine {
  file?: string;
  line?: number;
  function?: string;
  style: 'traceback' | 'faulthandler';
}

export function fileLine(body: string): FileLine | undefined {
  const opening = openings.find((each) => body.startsWith(each));
  if (opening === undefined) return undefined;
  const isQuoted = opening.endsWith('"');
  const afterFile = isQuoted ? body.indexOf('", line ', opening.length) : body.indexOf(', line ');
  if (afterFile < 0) return undefined;
  const file = isQuoted ? body.slice(opening.length, afterFile) : undefined;
  const number = afterFile + (isQuoted ? '", line ' : ', line ').length;
  const end = body.startsWith('???', number) ? number + 3 : digitsEnd(body, number);
  if (end === number) return undefined;
  const style = body.startsWith(', in ', end) ? 'traceback' : 'faulthandler';
  if (style === 'faulthandler' && !body.startsWith(' in ', end)) return undefined;
  const name = body.slice(end + (style === 'traceback' ? 5 : 4));
  const line = Number(body.slice(number, end));
  return {
    ...(file === undefined ? {} : { file }),
    ...(line > 0 ? { line } : {}),
    ...(name === '' || name === '???' ? {} : { function: name }),
    style,
  };
}

const openings = ['File "', 'File: "', 'File ???'] as const;

export function pythonFrame(found: Omit<FileLine, 'style'>, store: Store, sourceLine: number): Frame {
  return makeFrame({
    function: store.keepPart(found.function),
    file: store.keepPart(found.file),
    line: found.line,
    runtime: 'python',
    sourceLine,
  });
}

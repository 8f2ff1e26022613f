/** Stacks for the tests of rules, innermost frame first, written after the reports that the rules name. */
import type { Frame } from '../../../src/diagnosis/process-dump.js';

export interface RuleStack {
  /**
   * `function@module` for native code, `@module` for a frame without a name, `py function file.py` for Python, `js
   * function` for JavaScript, `<built-in ...>` as python-gdb prints it, and `function args: a=1`.
   */
  frames: string[];
  /** The dump tool's own words on the thread. */
  said?: string;
  format?: string;
}

/** By rule id: a stack that it must fit, and stacks that look alike and that it must not fit. */
export type Stacks = Record<string, string[] | RuleStack | { fits: RuleStack; not: RuleStack[] }>;

export function framesOf(lines: readonly string[]): Frame[] {
  return lines.map((line, index) => {
    const sourceLine = index + 1;
    if (line.startsWith('<built-in ')) return { function: line, runtime: 'python', sourceLine };
    if (line.startsWith('py ')) {
      const [, name, file] = line.split(' ');
      return { function: name ?? '', file: file ?? '', line: 1, runtime: 'python', sourceLine };
    }
    if (line.startsWith('js ')) return { function: line.slice(3), runtime: 'js', sourceLine };
    const [called, args] = line.split(' args: ');
    if (args !== undefined) return { function: called ?? '', args, runtime: 'native', sourceLine };
    const at = line.lastIndexOf('@');
    const isVersion = at > 0 && line[at - 1] === '@';
    const name = at < 0 || isVersion ? line : line.slice(0, at);
    return {
      ...(name === '' ? {} : { function: name }),
      ...(at < 0 || isVersion ? {} : { module: line.slice(at + 1) }),
      runtime: 'native',
      sourceLine,
    };
  });
}

/** Python's own frames that every thread of a pool stands on. */
export const pool = [
  'py run concurrent/futures/thread.py',
  'py _worker concurrent/futures/thread.py',
  'py run threading.py',
];

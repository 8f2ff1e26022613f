/**
 * Stacks as Python's `traceback` module prints them, one per thread: programs that walk `sys._current_frames()`,
 * pytest-timeout, Django's and gunicorn's thread dumps. The most recent call comes last.
 */
import type { Line } from './line.js';
import { Processes } from './processes.js';
import { fileLine, pythonFrame } from './python-frame.js';
import { skipReasons } from './skipped.js';
import type { Surroundings, Taken, TextReader } from './text-reader.js';
import type { ThreadDraft } from './thread-draft.js';
import { threadHeading } from './thread-heading.js';

const headings: Readonly<Record<string, 'outermost-first' | 'innermost-first'>> = {
  'Traceback (most recent call last):': 'outermost-first',
  'Stack (most recent call last):': 'outermost-first',
  'Traceback (most recent call first):': 'innermost-first',
};
/** What ends the traceback of an exception: its type, with or without a message. */
const exceptionLine = /^(?:[A-Za-z_]\w*\.)*[A-Za-z_]\w*(?:: .*)?$/;
const repeated = /^\[Previous line repeated (\d{1,9}) more times?\]$/;

export class TracebackReader implements TextReader {
  readonly format = 'traceback';
  readonly letters = 'FTS';
  readonly #processes: Processes;
  #thread: ThreadDraft | undefined;
  #frameIndent = 0;
  /** Columns of the line `Traceback (most recent call last):`; undefined when there was none. */
  #headingIndent: number | undefined;
  #afterBlank = false;
  /** Brackets that the last source line leaves open: more of it should follow. */
  #openBrackets = 0;
  #sourceLines = 0;

  constructor(readonly around: Surroundings) {
    this.#processes = new Processes(this.format, around);
  }

  begins(line: Line): Taken {
    const { body } = line;
    if (body.startsWith('File')) return this.#frame(line);
    const order = headings[body];
    if (order === undefined) return false;
    this.#begin(line.number, order);
    this.#headingIndent = line.indent;
    return true;
  }

  continues(line: Line): Taken {
    const thread = this.#thread;
    if (thread === undefined) return false;
    const times = repeated.exec(line.body);
    if (times !== null) {
      thread.elided += Number(times[1]);
      return true;
    }
    if (line.body === '...') {
      thread.isCut = true;
      return true;
    }
    if (line.indent > this.#frameIndent && thread.length > 0 && this.#sourceLines < 30) {
      this.#sourceLines++;
      this.#openBrackets = openBrackets(line.body);
      return skipReasons.source;
    }
    if (this.#headingIndent === undefined || this.#afterBlank || line.indent > this.#headingIndent)
      return false;
    if (!exceptionLine.test(line.body)) return false;
    return this.#exception(line.body, thread);
  }

  blank(): void {
    this.#afterBlank = true;
  }

  other(): void {
    this.interrupt();
  }

  interrupt(): void {
    const thread = this.#thread;
    this.#thread = undefined;
    if (thread === undefined) return;
    const [innermost] = thread.frames().slice(-1);
    if (thread.name === '' && innermost?.function === '<module>') thread.name = 'MainThread';
    thread.seal();
    if (thread.length === 0) this.#processes.current?.drop(thread);
  }

  close(isCut: boolean): void {
    // The most recent call comes last, so it is what a cut takes away.
    if (this.#thread !== undefined && (isCut || this.#openBrackets > 0)) this.#thread.innermostMissing = true;
    this.interrupt();
    this.#processes.finish();
  }

  #frame(line: Line): Taken {
    const found = fileLine(line.body);
    if (found === undefined || found.style !== 'traceback') return false;
    // A stack goes on across blank lines, but not below a heading of its own.
    if (this.#thread === undefined || this.around.lead() !== undefined)
      this.#begin(line.number, 'outermost-first');
    this.#frameIndent = line.indent;
    this.#afterBlank = false;
    this.#sourceLines = 0;
    this.#openBrackets = 0;
    this.#thread?.add(pythonFrame(found, this.around.store, line.number));
    return true;
  }

  #begin(lineNumber: number, order: 'outermost-first' | 'innermost-first'): void {
    this.interrupt();
    const lead = this.around.lead();
    const found = lead === undefined ? undefined : threadHeading(lead.text);
    if (found !== undefined) this.around.takeLead();
    const sourceLine = found === undefined ? lineNumber : (lead?.number ?? lineNumber);
    const isKnown = found?.tid !== undefined && this.#processes.current?.has(found.tid);
    const process = isKnown ? this.#processes.open(sourceLine) : this.#processes.ensure(sourceLine);
    const name = found?.name ?? '';
    this.#thread =
      found?.tid === undefined
        ? process.openNameless({ name, sourceLine, order })
        : process.open({ name, sourceLine, order, tid: found.tid, tidKind: 'pthread' });
    this.#headingIndent = undefined;
    this.#afterBlank = false;
  }

  /** Where Ctrl-C hit is where a hung program stood; any other exception says nothing of waiting. */
  #exception(body: string, thread: ThreadDraft): Taken {
    if (body.startsWith('KeyboardInterrupt')) {
      thread.marks.add('interrupted');
      this.interrupt();
      return true;
    }
    this.#thread = undefined;
    this.#processes.current?.drop(thread);
    this.around.store.skipped.add(skipReasons.exception, thread.sourceLine, thread.length + 1);
    return skipReasons.exception;
  }
}

function openBrackets(text: string): number {
  let depth = 0;
  for (const letter of text) {
    if (letter === '(' || letter === '[' || letter === '{') depth++;
    else if (letter === ')' || letter === ']' || letter === '}') depth--;
  }
  return depth;
}

/** `pystack remote` and `pystack core`, with and without `--native` and `--locals`. Written after pystack 1.0 to 1.7. */
import type { Frame } from '../process-dump.js';
import type { Line } from './line.js';
import { Processes } from './processes.js';
import { fileLine, pythonFrame } from './python-frame.js';
import { baseName } from './scan.js';
import { skipReasons } from './skipped.js';
import type { Surroundings, Taken, TextReader } from './text-reader.js';
import type { ThreadDraft } from './thread-draft.js';

const heading = /^Traceback for thread (\d+)(?: \((.*)\))? \[([^\]]*)\] \(most recent call last\):?$/;
const interpreter =
  /^(?:In the main interpreter|In interpreter \d+|Not currently attached to any interpreter) \[(.*)\]$/;

export class PystackReader implements TextReader {
  readonly format = 'pystack';
  readonly letters = 'T(CU';
  readonly #processes: Processes;
  #thread: ThreadDraft | undefined;
  #frameIndent = 0;
  #inLocals = false;
  /** Set by the heading of a core file until its first thread. */
  #awaitsThreads = false;

  constructor(readonly around: Surroundings) {
    this.#processes = new Processes(this.format, around);
  }

  begins(line: Line): Taken {
    const { body } = line;
    if (body.startsWith('Traceback for thread ')) return this.#heading(line);
    if (body.startsWith('(C) File "') || body.startsWith('(Python) File "')) return this.#frame(line);
    if (body.startsWith('The frame stack for thread ')) return this.#empty(line);
    if (body === 'Core file information:' || body.startsWith('Using executable found in the core file')) {
      if (!this.#awaitsThreads) this.#processes.open(line.number);
      this.#awaitsThreads = true;
      return true;
    }
    return false;
  }

  continues(line: Line): Taken {
    if (this.#awaitsThreads) return this.#core(line.body);
    const thread = this.#thread;
    if (thread === undefined) return false;
    if (line.body.startsWith('* - Unable to merge native stack')) {
      this.#processes.current?.lack('pystack could not merge the native frames of some threads.');
      return true;
    }
    const status = interpreter.exec(line.body);
    if (status !== null) {
      say(thread, status[1] ?? '');
      return true;
    }
    if (line.body === 'Locals:' || line.body === 'Arguments:') this.#inLocals = true;
    if (line.indent <= this.#frameIndent || thread.length === 0) return false;
    return this.#inLocals ? skipReasons.values : skipReasons.source;
  }

  blank(): void {}

  other(): void {}

  interrupt(): void {
    this.#thread?.seal();
    this.#thread = undefined;
  }

  close(isCut: boolean): void {
    // The most recent call comes last, so it is what a cut takes away.
    if (isCut && this.#thread !== undefined) this.#thread.innermostMissing = true;
    if (isCut && this.#processes.current !== undefined) this.#processes.current.listsAllThreads = false;
    this.interrupt();
    this.#processes.finish();
  }

  #heading(line: Line): Taken {
    const found = heading.exec(line.body);
    if (found === null) return false;
    const [, id = '', name = '', status = ''] = found;
    this.#beginThread(line.number, Number(id), name);
    if (this.#thread !== undefined) say(this.#thread, status);
    return true;
  }

  #empty(line: Line): Taken {
    const found = /^The frame stack for thread (\d+) is empty$/.exec(line.body);
    if (found === null) return false;
    this.#beginThread(line.number, Number(found[1]), '');
    return true;
  }

  #beginThread(lineNumber: number, tid: number, name: string): void {
    this.#thread?.seal();
    // Thread 0 is one that has ended: there may be several.
    const isKnown = tid !== 0 && this.#processes.current?.has(tid);
    const process = isKnown ? this.#processes.open(lineNumber) : this.#processes.ensure(lineNumber);
    this.#awaitsThreads = false;
    this.#inLocals = false;
    process.listsAllThreads = true;
    this.#thread = process.open({ tid, name, sourceLine: lineNumber, order: 'outermost-first' });
  }

  #frame(line: Line): Taken {
    const { store } = this.around;
    const isPython = line.body.startsWith('(Python)');
    const found = fileLine(line.body.slice(isPython ? 9 : 4));
    if (found === undefined) return false;
    if (this.#thread === undefined) {
      this.#thread = this.#processes
        .ensure(line.number)
        .openNameless({ sourceLine: line.number, order: 'outermost-first' });
      if (this.#thread !== undefined) this.#thread.isCut = true;
    }
    this.#inLocals = false;
    this.#frameIndent = line.indent;
    this.#thread?.add(isPython ? pythonFrame(found, store, line.number) : this.#native(found, line.number));
    return true;
  }

  /** `(C) File "x.c", line 3, in symbol (/lib/x.so)`. */
  #native(found: { file?: string; line?: number; function?: string }, sourceLine: number): Frame {
    const { store } = this.around;
    const text = found.function ?? '';
    const open = text.endsWith(')') ? text.lastIndexOf(' (') : -1;
    const name = open < 0 ? text : text.slice(0, open);
    return {
      ...(name === '' || name === '???' ? {} : { function: store.keep(name) }),
      ...(open < 0 ? {} : { module: store.keep(baseName(text.slice(open + 2, -1))) }),
      ...(found.file === undefined || found.file === '???' ? {} : { file: store.keep(found.file) }),
      ...(found.line === undefined ? {} : { line: found.line }),
      runtime: 'native',
      sourceLine,
    };
  }

  #core(body: string): Taken {
    const process = this.#processes.current;
    if (process === undefined) return false;
    const pid = /^pid: (\d+) ppid:/.exec(body);
    if (pid !== null) process.pid = Number(pid[1]);
    const command = /^executable: \S* arguments: (.*)$/.exec(body);
    if (command !== null) process.command = command[1];
    if (body.startsWith('The process died') || body.startsWith('The core file seems')) process.note(body);
    else if (pid === null && command === null && !/^(state|uid): /.test(body)) return false;
    return true;
  }
}

function say(thread: ThreadDraft, status: string): void {
  if (status !== '') thread.said = status;
  if (status.includes('Has the GIL')) thread.gil = 'holds';
  if (status.includes('Waiting for the GIL')) thread.gil = 'waits';
  if (status.includes('Dropping the GIL')) thread.marks.add('dropping-gil');
  if (status.includes('Garbage collecting')) thread.marks.add('gc');
  if (status.includes('Thread terminated')) thread.marks.add('exiting');
}

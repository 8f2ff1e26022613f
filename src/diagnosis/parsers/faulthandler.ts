/**
 * `faulthandler`: dump_traceback, dump_traceback_later and fatal errors. Written after CPython 3.3 to 3.14; the most
 * recent call comes first, which ordinary tracebacks do the other way round.
 */
import type { Frame } from '../process-dump.js';
import type { Line } from './line.js';
import type { ProcessDraft } from './process-draft.js';
import { Processes } from './processes.js';
import { fileLine, pythonFrame } from './python-frame.js';
import { baseName, idOf, tidyAddress } from './scan.js';
import { skipReasons } from './skipped.js';
import type { Surroundings, Taken, TextReader } from './text-reader.js';
import type { ThreadDraft } from './thread-draft.js';

/** 3.14 adds the thread's name in brackets. */
const heading = /^(Current thread|Thread) (0x[0-9a-fA-F]+)(?: \[(.*)\])? \(most recent call first\):?$/;
const nativeFrame = /^Binary file "([^"]*)"(?:, at (.*?))?(?:\+0x[0-9a-f]+)?(?: \[(0x[0-9a-f]+)\])?$/;

export class FaulthandlerReader implements TextReader {
  readonly format = 'faulthandler';
  readonly letters = 'CTSF';
  readonly #processes: Processes;
  #thread: ThreadDraft | undefined;
  #current: ThreadDraft | undefined;
  #native: Frame[] | undefined;
  #isFatal = false;

  constructor(readonly around: Surroundings) {
    this.#processes = new Processes(this.format, around);
  }

  begins(line: Line): Taken {
    const { body } = line;
    switch (body[0]) {
      case 'C':
      case 'T':
        return this.#heading(line) || this.#timeout(line);
      case 'S':
        return body === 'Stack (most recent call first):' && this.#nameless(line, false);
      case 'F':
        return body.startsWith('Fatal Python error: ') ? this.#fatal(line) : this.#frame(line);
      default:
        return false;
    }
  }

  continues(line: Line): Taken {
    const { body } = line;
    if (this.#processes.current === undefined) return false;
    if (body === 'Garbage-collecting') this.#thread?.marks.add('gc');
    if (body === 'Garbage-collecting' || body === '<no Python frame>') return this.#thread !== undefined;
    if (body === '...' && this.#thread !== undefined) this.#thread.isCut = true;
    if (body === '...') return true;
    if (body.startsWith('Binary file "')) return this.#nativeFrame(line);
    if (/^(Extension modules: |Python runtime state: )/.test(body)) this.#processes.current.note(body);
    else if (!/^<(tstate is freed|Cannot show all threads|truncated rest of calls)/.test(body)) return false;
    return true;
  }

  blank(): void {
    this.#endThread();
  }

  other(): void {}

  interrupt(): void {
    this.#endThread();
  }

  close(isCut: boolean): void {
    if (isCut && this.#thread !== undefined) this.#thread.isCut = true;
    this.#endThread();
    this.#endNative();
    this.#processes.finish();
  }

  #heading(line: Line): Taken {
    if (line.body === "Current thread's C stack trace (most recent call first):") {
      this.#endThread();
      this.#native = [];
      return this.#processes.current !== undefined;
    }
    const found = heading.exec(line.body);
    const tid = idOf(found?.[2]?.toLowerCase() ?? '');
    if (found === null || tid === undefined) return false;
    this.#endThread();
    const process = this.#processes.current?.has(tid)
      ? this.#open(line.number)
      : this.#processes.ensure(line.number);
    const name = found[3] ?? '';
    this.#thread = process.open({ tid, tidKind: 'pthread', name, sourceLine: line.number });
    if (found[1] === 'Current thread') {
      this.#current = this.#thread;
      this.#thread?.marks.add('current');
      if (this.#isFatal) this.#thread?.marks.add('crashed');
    }
    return true;
  }

  #timeout(line: Line): Taken {
    if (!/^Timeout \(\d+:\d\d:\d\d(\.\d+)?\)!$/.test(line.body)) return false;
    this.#open(line.number).note(line.body);
    return true;
  }

  #fatal(line: Line): Taken {
    this.#open(line.number).note(line.body);
    this.#isFatal = true;
    return true;
  }

  #frame(line: Line): Taken {
    const found = fileLine(line.body);
    if (found === undefined || found.style !== 'faulthandler') return false;
    if (this.#thread === undefined) this.#nameless(line, true);
    this.#thread?.add(pythonFrame(found, this.around.store, line.number));
    return true;
  }

  #nameless(line: Line, isCut: boolean): Taken {
    this.#endThread();
    this.#thread = this.#processes.ensure(line.number).openNameless({ sourceLine: line.number });
    if (this.#thread !== undefined) this.#thread.isCut = isCut;
    return true;
  }

  #nativeFrame(line: Line): Taken {
    const found = nativeFrame.exec(line.body);
    if (found === null || this.#native === undefined) return false;
    const [, file = '', name = '', pc] = found;
    const { store } = this.around;
    if (this.#native.length >= 200) return skipReasons.tooMany;
    this.#native.push({
      ...(pc === undefined ? {} : { pc: store.keep(tidyAddress(pc)) }),
      ...(name === '' || name.startsWith('+0x') ? {} : { function: store.keep(name) }),
      module: store.keep(baseName(file)),
      runtime: 'native',
      sourceLine: line.number,
    });
    return true;
  }

  #endThread(): void {
    const thread = this.#thread;
    this.#thread = undefined;
    if (thread === undefined) return;
    // Only the main thread runs a module's top level.
    if (thread.name === '' && thread.latest?.function === '<module>') thread.name = 'MainThread';
    thread.seal();
  }

  /** The C frames of the current thread stand inside of its Python frames. */
  #endNative(): void {
    if (this.#native !== undefined && this.#native.length > 0 && this.#current !== undefined) {
      this.#current.replaceFrames([...this.#native, ...this.#current.frames()]);
    }
    this.#native = undefined;
    this.#current = undefined;
  }

  #open(lineNumber: number): ProcessDraft {
    this.#endThread();
    this.#endNative();
    this.#isFatal = false;
    return this.#processes.open(lineNumber);
  }
}

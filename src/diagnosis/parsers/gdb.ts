/**
 * gdb, cuda-gdb, rocgdb and the `pstack`/`gstack` scripts: `thread apply all bt`, `bt`, `bt full`, `info threads`,
 * python-gdb's `py-bt`, printed locks and registers; from a terminal, a pipe or `-batch`. Written after gdb 7 to 15.
 */
import { frameNumberEnd, isUnmistakable } from './gdb-frame.js';
import { isChatter, isCommand, newStop, promptEnd, pythonLine } from './gdb-lines.js';
import { PendingFrame } from './gdb-pending.js';
import { GdbStops } from './gdb-stops.js';
import { gdbHeading, gdbRow, gdbSwitch } from './gdb-thread.js';
import { register } from './gdb-values.js';
import type { Line } from './line.js';
import { pythonFrame } from './python-frame.js';
import { addressEnd, digitsEnd } from './scan.js';
import { skipReasons } from './skipped.js';
import type { Surroundings, Taken, TextReader } from './text-reader.js';

export class GdbReader implements TextReader {
  readonly format = 'gdb';
  readonly letters = '#T$[(FWG<*0123456789ABCDILMNPRUw-';
  readonly #stops: GdbStops;
  readonly #pending: PendingFrame;
  #inPython = false;

  constructor(readonly around: Surroundings) {
    this.#stops = new GdbStops(around);
    this.#pending = new PendingFrame(this.#stops);
  }

  begins(line: Line): Taken {
    const { body } = line;
    switch (body[0]) {
      case '#':
        return this.#frame(line);
      case 'T':
        return this.#heading(line) || this.#said(line);
      case '$':
        return this.#value(line);
      case '[':
        return this.#switch(line) || this.#chatter(line);
      case '(':
        return this.#prompt(line);
      case 'F':
      case '<':
      case 'W':
      case 'G':
        return (this.#inPython && this.#python(line)) || this.#chatter(line);
      default:
        return this.#row(line) || this.#chatter(line);
    }
  }

  continues(line: Line): Taken {
    const session = this.#stops.session;
    if (session === undefined) return false;
    const { body } = line;
    if (this.#pending.goesOn(body)) return true;
    if (session.values.continues(body)) return skipReasons.values;
    if (this.#inPython && line.indent >= 4) return skipReasons.source;
    if (body === '...') return this.#cut();
    const value = register(body);
    if (value?.name === 'rdi' && session.current !== undefined) session.current.rdi = value.value;
    if (value !== undefined) return skipReasons.values;
    if (body === 'No locals.' || (line.indent >= 8 && session.current !== undefined)) {
      session.showsLocals = true;
      return skipReasons.values;
    }
    if (/^0x[0-9a-f]+(?: <[^>]*>)?:/.test(body)) return skipReasons.values;
    if (/^(?:\d+\s|>\d+ )/.test(body)) return skipReasons.source;
    return this.#command(body) && skipReasons.chatter;
  }

  blank(): void {
    this.#pending.flush();
    this.#inPython = false;
  }

  other(): void {
    this.#pending.flush();
    this.#stops.session?.values.end();
  }

  interrupt(): void {
    this.blank();
    this.#stops.session?.leave();
    if (this.#stops.session !== undefined) this.#stops.session.current = undefined;
  }

  close(isCut: boolean): void {
    const breaksOff = isCut || this.#pending.isUnfinished;
    this.#pending.flush();
    if (breaksOff) this.#cut();
    this.#stops.finish();
  }

  #cut(): true {
    const current = this.#stops.session?.current;
    if (current !== undefined) current.thread.isCut = true;
    return true;
  }

  #heading(line: Line): Taken {
    const { body } = line;
    const open = this.#stops.session?.current;
    if (body === 'Traceback (most recent call first):' && open !== undefined) {
      this.#pending.flush();
      this.#inPython = true;
      delete open.pythonBy;
      return true;
    }
    const found = gdbHeading(body);
    if (found === undefined) return false;
    this.blank();
    const entry = this.#stops.ensure(line.number).enter(found, line.number);
    if (entry !== undefined) entry.isHeaded = true;
    return true;
  }

  #said(line: Line): Taken {
    const { body } = line;
    const session = this.#stops.session;
    if (session === undefined) return false;
    const signal = /^Thread ([\d.]+) "[^"]*" received signal \w+/.exec(body);
    if (signal === null) return session.values.said(body, line.number) || this.#chatter(line);
    session.process.note(body);
    session.byNumber(Number(signal[1]))?.thread.marks.add('crashed');
    return true;
  }

  #value(line: Line): Taken {
    const session = this.#stops.session;
    if (session === undefined) return false;
    this.#pending.flush();
    return session.values.begins(line.body, line.number) && skipReasons.values;
  }

  /** A row of `info threads`. */
  #row(line: Line): Taken {
    const { body } = line;
    if (body[0] !== '*' && (digitsEnd(body, 0) === 0 || line.indent === 0)) return false;
    const found = gdbRow(body);
    if (found === undefined) return false;
    this.blank();
    const entry = this.#stops.ensure(line.number).enter(found, line.number);
    if (found.frame !== undefined && entry !== undefined) {
      this.#pending.begin({ text: found.frame, sourceLine: line.number, lines: 1 });
    }
    return true;
  }

  #switch(line: Line): Taken {
    const found = gdbSwitch(line.body);
    if (found === undefined) return false;
    this.blank();
    this.#stops.ensure(line.number).enter(found, line.number);
    if (found.frame?.startsWith('#')) this.#frame({ ...line, body: found.frame });
    return true;
  }

  #frame(line: Line): Taken {
    const start = frameNumberEnd(line.body);
    if (start === 0) return false;
    const text = line.body.slice(start);
    const number = Number.parseInt(line.body.slice(1, start), 10);
    const isOpen = this.#stops.session?.current !== undefined;
    if (isOpen && pythonLine(text) !== undefined) return this.#python({ ...line, body: text }, 'py-bt-full');
    const end = addressEnd(text, 0);
    // `#0  0x7f12 poll` is eu-stack's.
    if (end > 0 && end < text.length && !text.startsWith(' in', end)) return false;
    const expected = this.#pending.nextNumber ?? 0;
    const follows = isOpen && (number === expected || number === 0);
    if (!follows && !isUnmistakable(text, number)) return false;
    this.#inPython = false;
    // `frame 3` prints one that already stands there.
    if (isOpen && number > 0 && number < expected) return skipReasons.chatter;
    this.#pending.begin({ text, number, lead: this.#lead(), sourceLine: line.number, lines: 1 });
    return true;
  }

  /** People write a heading above each stack: `## reader thread`, `Thread 7993:`. */
  #lead(): string | undefined {
    const text = this.around.lead()?.text ?? '';
    if (/^thread \d{1,10}:?$/i.test(text)) return text.replace(/:$/, '');
    return text.startsWith('#') ? text.replace(/^#+\s*/, '') : undefined;
  }

  #prompt(line: Line): Taken {
    const end = promptEnd(line.body);
    if (end === 0) {
      if (!line.body.startsWith('(More stack frames follow')) return this.#inPython && this.#python(line);
      this.#cut();
      return skipReasons.chatter;
    }
    this.blank();
    this.#stops.sawPrompt = true;
    const session = this.#stops.session;
    session?.values.end();
    const rest = line.body.slice(end).trim();
    if (rest !== '' && rest[0] !== '(') {
      // Output of a command that came through a pipe stands right after the prompt.
      const taken = this.begins({ ...line, body: rest, indent: line.indent + end });
      if (taken !== false) return taken;
    }
    this.#command(rest);
    if (session !== undefined && !/^(?:p|x|info|frame|up|down)\b/.test(rest)) {
      session.leave();
      session.current = session.selected;
    }
    return skipReasons.chatter;
  }

  #command(text: string): boolean {
    if (text === 'c' || text === 'continue') this.#stops.hasRun = true;
    this.#stops.session?.values.command(text);
    return isCommand(text);
  }

  #python(line: Line, by: 'py-bt' | 'py-bt-full' = 'py-bt'): boolean {
    const found = pythonLine(line.body);
    const session = this.#stops.session;
    if (found === undefined || session?.current === undefined) return false;
    this.#pending.flush();
    const { store } = this.around;
    if (found.kind === 'frame') session.addPython(pythonFrame(found.frame, store, line.number), by);
    else if (found.kind === 'said') session.current.thread.said = store.keep(found.text);
    else session.current.thread.isCut = true;
    return true;
  }

  #chatter({ body, number }: Line): Taken {
    if (!isChatter(body)) return false;
    if (body.startsWith('--')) return skipReasons.chatter;
    this.#pending.flush();
    this.#stops.session?.values.end();
    const pid = /^(?:Attaching to process|\[Inferior \d+ \(process) (\d+)/.exec(body);
    if (pid !== null) this.#stops.pid = Number(pid[1]);
    if (body.startsWith('Attaching to process ')) this.#stops.othersWhileAttaching = 0;
    if (body.startsWith('[New ')) this.#stops.findsAnother();
    const process = this.#stops.session?.process;
    if (process?.pid === 0 && body.startsWith('[Inferior ')) process.pid = this.#stops.pid;
    if (newStop.test(body)) this.#stops.hasRun = true;
    if (body.startsWith('Backtrace stopped')) this.#cut();
    if (/^(?:Program (?:received|terminated with) signal |Core was generated by )/.test(body)) {
      this.#stops.ensure(number).process.note(body);
      return true;
    }
    return skipReasons.chatter;
  }
}

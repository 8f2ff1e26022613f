/** lldb's `bt all`. Written after lldb 14 to 18, on Linux and macOS. */
import { gdbFrame } from './gdb-frame.js';
import type { Line } from './line.js';
import { Processes } from './processes.js';
import { addressEnd, digitsEnd, fileAndLine, tidyAddress } from './scan.js';
import { skipReasons } from './skipped.js';
import type { Surroundings, Taken, TextReader } from './text-reader.js';
import type { ThreadDraft } from './thread-draft.js';

const heading = /^(\*? ?)thread #(\d+)(?:: tid = (0x[0-9a-f]+|\d+))?(?:, |$)/;

export class LldbReader implements TextReader {
  readonly format = 'lldb';
  readonly letters = '*tf(P';
  readonly #processes: Processes;
  #thread: ThreadDraft | undefined;
  #pid = 0;

  constructor(readonly around: Surroundings) {
    this.#processes = new Processes(this.format, around);
  }

  begins(line: Line): Taken {
    const { body } = line;
    switch (body[0]) {
      case '*':
      case 't':
      case 'f':
        return this.#heading(line) || this.#frame(line);
      case '(':
        return body.startsWith('(lldb) ') && this.#prompt();
      case 'P':
        return this.#process(body);
      default:
        return false;
    }
  }

  continues(): Taken {
    return false;
  }

  blank(): void {}

  other(): void {}

  interrupt(): void {
    this.#thread?.seal();
    this.#thread = undefined;
  }

  close(isCut: boolean): void {
    if (isCut && this.#thread !== undefined) this.#thread.isCut = true;
    this.interrupt();
    this.#processes.finish();
  }

  /** What lldb shows at a stop, one frame of the selected thread, comes again in the backtrace. */
  #prompt(): string {
    const thread = this.#thread;
    this.interrupt();
    if (thread?.length === 1) this.#processes.current?.drop(thread);
    return skipReasons.chatter;
  }

  #process(body: string): Taken {
    const found = /^Process (\d+) (?:stopped|launched|detached|exited|resuming)/.exec(body);
    if (found === null) return false;
    this.#pid = Number(found[1]);
    if (this.#processes.current?.pid === 0) this.#processes.current.pid = this.#pid;
    return skipReasons.chatter;
  }

  #heading(line: Line): Taken {
    const found = heading.exec(line.body);
    if (found === null) return false;
    this.interrupt();
    const number = Number(found[2]);
    const tid = found[3] === undefined ? number : Number(found[3]);
    const isKnown = this.#processes.current?.has(tid);
    const process = isKnown ? this.#processes.open(line.number) : this.#processes.ensure(line.number);
    process.pid ||= this.#pid;
    const name = /(?:name|queue) = '([^']*)'/.exec(line.body)?.[1];
    this.#thread = process.open({
      tid,
      sourceLine: line.number,
      ...(found[3] === undefined ? { tidKind: 'debugger' } : {}),
      ...(name === undefined ? {} : { name }),
    });
    if (found[1]?.startsWith('*')) this.#thread?.marks.add('current');
    return true;
  }

  /** ``* frame #0: 0x00007fff libsystem_kernel.dylib`__psynch_cvwait + 10``. */
  #frame(line: Line): Taken {
    const body = line.body.replace(/^\* /, '');
    if (!body.startsWith('frame #') || this.#thread === undefined) return false;
    const number = digitsEnd(body, 7);
    const start = number + 2;
    const end = addressEnd(body, start);
    if (!body.startsWith(': ', number) || end === start) return false;
    const { store } = this.around;
    const [module = '', rest = ''] = splitAt(body.slice(end + 1), '`');
    const at = rest.lastIndexOf(' at ');
    const { file, line: lineNumber } = fileAndLine(at < 0 ? '' : rest.slice(at + 4));
    const named = gdbFrame(withArguments(at < 0 ? rest : rest.slice(0, at)), store, line.number);
    this.#thread.add({
      pc: store.keep(tidyAddress(body.slice(start, end))),
      ...(named?.function === undefined ? {} : { function: named.function }),
      ...(named?.args === undefined ? {} : { args: named.args }),
      ...(module === '' ? {} : { module: store.keep(module) }),
      ...(file === '' ? {} : { file: store.keep(file) }),
      ...(lineNumber === undefined ? {} : { line: lineNumber }),
      runtime: 'native',
      sourceLine: line.number,
    });
    return true;
  }
}

function splitAt(text: string, mark: string): [string, string] {
  const at = text.indexOf(mark);
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
}

/** lldb writes `f(a=1)` and `f + 10` where gdb writes `f (a=1)`. */
function withArguments(text: string): string {
  const plain = text.replace(/ \+ \d+$/, '').replace(/ \[(?:inlined|opt|artificial)\].*$/, '');
  const args = /\((?:\w+=|\))/.exec(plain);
  return args === null || args.index === 0
    ? plain
    : `${plain.slice(0, args.index)} ${plain.slice(args.index)}`;
}

/** elfutils `eu-stack`, with any of its options. Written after elfutils 0.188. */
import type { Frame } from '../process-dump.js';
import { frameNumberEnd } from './gdb-frame.js';
import type { Line } from './line.js';
import { Processes } from './processes.js';
import { addressEnd, baseName, tidyAddress } from './scan.js';
import { skipReasons } from './skipped.js';
import type { Surroundings, Taken, TextReader } from './text-reader.js';
import type { ThreadDraft } from './thread-draft.js';

export class EuStackReader implements TextReader {
  readonly format = 'eu-stack';
  readonly letters = 'PT#';
  readonly #processes: Processes;
  #thread: ThreadDraft | undefined;

  constructor(readonly around: Surroundings) {
    this.#processes = new Processes(this.format, around);
  }

  begins(line: Line): Taken {
    const { body } = line;
    if (body.startsWith('PID ')) return this.#pid(line);
    if (body.startsWith('TID ')) return this.#tid(line);
    return body[0] === '#' && this.#frame(line);
  }

  continues(line: Line): Taken {
    const { body } = line;
    if (body.startsWith('eu-stack: ')) {
      if (this.#thread !== undefined && body.includes('shown max number of frames'))
        this.#thread.isCut = true;
      return this.#thread !== undefined && skipReasons.chatter;
    }
    const frame = this.#thread?.latest;
    if (frame === undefined || line.indent < 2) return false;
    // `    [build id]@0x7f12+0x8` or `    ./nptl/x.c:57:12`
    if (body.startsWith('[')) return true;
    const place = /^(\S[^:]*):(\d+)(?::\d+)?$/.exec(body);
    if (place?.[1] === undefined) return false;
    frame.file = this.around.store.keep(place[1]);
    frame.line = Number(place[2]);
    return true;
  }

  blank(): void {}

  other(): void {}

  interrupt(): void {
    this.#thread?.seal();
    this.#thread = undefined;
  }

  close(isCut: boolean): void {
    if (isCut && this.#thread !== undefined) this.#thread.isCut = true;
    if (isCut && this.#processes.current !== undefined) this.#processes.current.listsAllThreads = false;
    this.interrupt();
    this.#processes.finish();
  }

  #pid(line: Line): Taken {
    const found = /^PID (\d+) - (?:process|core)/.exec(line.body);
    if (found === null) return false;
    this.interrupt();
    const process = this.#processes.open(line.number);
    process.pid = Number(found[1]);
    process.listsAllThreads = true;
    return true;
  }

  #tid(line: Line): Taken {
    const found = /^TID (\d+):$/.exec(line.body);
    if (found === null) return false;
    this.interrupt();
    const tid = Number(found[1]);
    const isKnown = this.#processes.current?.has(tid);
    const process = isKnown ? this.#processes.open(line.number) : this.#processes.ensure(line.number);
    this.#thread = process.open({ tid, sourceLine: line.number });
    return true;
  }

  /** `#1  0x00007f12 - 1 name - /lib/x.so`; `- 1` marks a return address. */
  #frame(line: Line): Taken {
    const start = frameNumberEnd(line.body);
    const end = addressEnd(line.body, start);
    if (start === 0 || end === start || line.body.startsWith(' in', end)) return false;
    if (this.#thread === undefined && end - start < 10) return false;
    if (this.#thread === undefined) this.#nameless(line.number);
    const text = line.body
      .slice(end)
      .replace(/^ - 1(?= |$)/, '')
      .trim();
    this.#thread?.add(this.#native(tidyAddress(line.body.slice(start, end)), text, line.number));
    return true;
  }

  #native(pc: string, text: string, sourceLine: number): Frame {
    const { store } = this.around;
    const dash = text.startsWith('- ') ? 0 : text.lastIndexOf(' - ');
    const name = dash < 0 ? text : text.slice(0, dash);
    const module = dash < 0 ? '' : text.slice(text.indexOf('- ', dash) + 2);
    return {
      pc: store.keep(pc),
      ...(name === '' ? {} : { function: store.keep(name.replace(/@@?[A-Z]\w*[\d.]*$/, '')) }),
      ...(module === '' ? {} : { module: store.keep(baseName(module)) }),
      runtime: 'native',
      sourceLine,
    };
  }

  #nameless(lineNumber: number): void {
    this.#thread = this.#processes.ensure(lineNumber).openNameless({ sourceLine: lineNumber });
  }
}

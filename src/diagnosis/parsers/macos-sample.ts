/** macOS `sample PID`: one call tree a thread, outermost first. Only the path that was seen most often is kept. */
import type { Line } from './line.js';
import { Processes } from './processes.js';
import { digitsEnd } from './scan.js';
import { skipReasons } from './skipped.js';
import type { Surroundings, Taken, TextReader } from './text-reader.js';
import type { ThreadDraft } from './thread-draft.js';

const heading = /^(\d+) Thread_(\d+)(?::? +(.*))?$/;

export class MacosSampleReader implements TextReader {
  readonly format = 'macos-sample';
  readonly letters = 'A0123456789';
  readonly #processes: Processes;
  #thread: ThreadDraft | undefined;
  /** Column of the deepest call of the first path; undefined once that path has ended. */
  #depth: number | undefined;

  constructor(readonly around: Surroundings) {
    this.#processes = new Processes(this.format, around);
  }

  begins(line: Line): Taken {
    const analysis = /^Analysis of sampling (.*?) \(pid (\d+)\)/.exec(line.body);
    if (analysis !== null) {
      this.interrupt();
      const process = this.#processes.open(line.number);
      process.pid = Number(analysis[2]);
      process.command = analysis[1];
      return true;
    }
    const found = heading.exec(line.body);
    if (found === null) return false;
    this.interrupt();
    const [, , id = '', rest = ''] = found;
    const process = this.#processes.ensure(line.number);
    const name = rest.replace(/^DispatchQueue_\d+: /, '').replace(/ +\((?:serial|concurrent)\)$/, '');
    this.#thread = process.open({ tid: Number(id), name, sourceLine: line.number, order: 'outermost-first' });
    this.#depth = -1;
    return true;
  }

  continues(line: Line): Taken {
    const thread = this.#thread;
    if (thread === undefined) return false;
    const text = line.text.replace(/^[ +!:|]*/, '');
    const count = digitsEnd(text, 0);
    if (count === 0 || text[count] !== ' ') return false;
    const depth = line.text.length - text.length;
    if (this.#depth === undefined || depth <= this.#depth) {
      this.#depth = undefined;
      return skipReasons.chatter;
    }
    this.#depth = depth;
    const call = text.slice(count + 1).trim();
    const module = /^(.*?) +\(in ([^()]+)\)/.exec(call);
    const file = / ([^ ]+):(\d+)$/.exec(call);
    const name = module?.[1] ?? call;
    const { store } = this.around;
    thread.add({
      ...(name.startsWith('???') ? {} : { function: store.keep(name) }),
      ...(module?.[2] === undefined ? {} : { module: store.keep(module[2]) }),
      ...(file?.[1] === undefined ? {} : { file: store.keep(file[1]), line: Number(file[2]) }),
      runtime: 'native',
      sourceLine: line.number,
    });
    return true;
  }

  blank(): void {
    this.interrupt();
  }

  other(): void {}

  interrupt(): void {
    this.#thread?.seal();
    this.#thread = undefined;
  }

  close(isCut: boolean): void {
    if (isCut && this.#thread !== undefined) this.#thread.innermostMissing = true;
    this.interrupt();
    this.#processes.finish();
  }
}

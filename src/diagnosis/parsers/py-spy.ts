/** `py-spy dump`, with and without `--native`, `--locals` and `--subprocesses`. Written after py-spy 0.3 and 0.4. */
import type { Line } from './line.js';
import type { ProcessDraft } from './process-draft.js';
import { pySpyFrame } from './py-spy-frame.js';
import { idOf } from './scan.js';
import { skipReasons } from './skipped.js';
import type { Surroundings, Taken, TextReader } from './text-reader.js';
import type { ThreadDraft } from './thread-draft.js';

/** `Thread 0x7F12 (active+gil): "name"`; people shorten it to `Thread (idle) "name"`. */
const heading = /^Thread (?:(\d+|0x[0-9a-fA-F]+) )?\((active\+gil|active|idle|gil)\)(?::? "([^"]*)"?)?$/;
const plainHeading = /^Thread (\d+|0x[0-9a-fA-F]+): "([^"]*)"$/;
const versionInCommand = / +\(Python (\d[\w.+]*)\)$/;
/** So few frames without a thread above them may as well be prose. */
const fewestFrames = 3;

export class PySpyReader implements TextReader {
  readonly format = 'py-spy';
  #process: ProcessDraft | undefined;
  #thread: ThreadDraft | undefined;
  /** Threads of equal processes that people list above one stack. */
  #sharers: { process: ProcessDraft; thread: ThreadDraft }[] = [];
  #frameIndent = 0;
  #inLocals = false;
  #pid = 0;
  #opened: ProcessDraft[] = [];

  constructor(readonly around: Surroundings) {}

  begins(line: Line): Taken {
    const { body } = line;
    if (body.startsWith('Thread ')) return this.#thread_(line);
    if (body.startsWith('Process ')) return this.#process_(line);
    if (body.startsWith('Python v')) return this.#version(body);
    if (body.startsWith('Parent Process ')) return this.#process !== undefined;
    if (body.includes('py-spy dump')) return this.#command(body);
    return this.#thread === undefined && line.indent >= 2 && this.#headless(line);
  }

  continues(line: Line): Taken {
    const thread = this.#thread;
    if (thread === undefined) return false;
    if (this.#inLocals) {
      if (line.indent > this.#frameIndent) return skipReasons.values;
      this.#inLocals = false;
    }
    if (line.body === 'Arguments:' || line.body === 'Locals:') {
      this.#inLocals = true;
      return skipReasons.values;
    }
    if (line.body === '...' || line.body === '…') {
      thread.isCut = true;
      return true;
    }
    const frame = pySpyFrame(line, this.around.store);
    if (frame === undefined) return false;
    if (thread.length === 0) this.#frameIndent = line.indent;
    thread.add(frame);
    return true;
  }

  blank(): void {
    this.#inLocals = false;
  }

  other(): void {}

  interrupt(): void {
    this.#endThread();
    this.#thread = undefined;
  }

  close(isCut: boolean): void {
    if (isCut && this.#thread !== undefined) this.#thread.isCut = true;
    if (isCut && this.#process !== undefined) this.#process.listsAllThreads = false;
    this.#endThread();
    this.#thread = undefined;
    for (const process of this.#opened) process.finish();
    this.#opened = [];
    this.#process = undefined;
  }

  #thread_(line: Line): Taken {
    const found = heading.exec(line.body) ?? plainHeading.exec(line.body)?.toSpliced(2, 0, '');
    if (found == null) return false;
    const [, id, said = '', name = ''] = found;
    const tid = id === undefined ? undefined : idOf(id);
    const isMain = name === 'MainThread';
    const previous = this.#thread;
    const shares = isMain && previous?.name === name && previous.length === 0;
    const another = tid !== undefined && this.#process?.has(tid);
    const secondMain = isMain && this.#process?.threads.some((thread) => thread.name === name);
    if (previous !== undefined && shares && this.#process !== undefined) {
      this.#sharers.push({ process: this.#process, thread: previous });
    } else this.#endThread();
    if (this.#process === undefined || another || secondMain) this.#open(line.number);
    const process = this.#process;
    const heading_ = {
      sourceLine: line.number,
      name,
      state: said.startsWith('active') ? 'R' : said === 'idle' ? 'S' : '?',
      ...(said === '' ? {} : { said }),
      ...(said.endsWith('gil') ? { gil: 'holds' as const } : {}),
    };
    this.#thread =
      tid === undefined
        ? process?.openNameless(heading_)
        : process?.open({ ...heading_, tid, ...(id?.startsWith('0x') ? { tidKind: 'pthread' } : {}) });
    // On Linux the main thread's id is the process's.
    if (isMain && process?.pid === 0 && tid !== undefined && !id?.startsWith('0x')) process.pid = tid;
    this.#inLocals = false;
    return true;
  }

  #process_(line: Line): Taken {
    const found = /^Process (\d+): (.*)$/.exec(line.body);
    if (found === null) return false;
    this.#endThread();
    this.#thread = undefined;
    this.#open(line.number);
    const process = this.#process;
    if (process === undefined) return true;
    const command = found[2] ?? '';
    const version = versionInCommand.exec(command);
    process.pid = Number(found[1]);
    process.command = version === null ? command : command.slice(0, version.index).trimEnd();
    if (version !== null) process.runtimeVersion = `Python ${version[1]}`;
    process.listsAllThreads = true;
    return true;
  }

  #version(body: string): Taken {
    const found = /^Python v(\d\S*)( \(.*\))?$/.exec(body);
    if (found === null || this.#process === undefined) return false;
    this.#process.runtimeVersion = `Python ${found[1]}`;
    return true;
  }

  #command(body: string): Taken {
    const found = /(?:-p|--pid)[ =](\d+)/.exec(body);
    if (found === null) return false;
    this.#pid = Number(found[1]);
    return skipReasons.chatter;
  }

  #headless(line: Line): Taken {
    const frame = pySpyFrame(line, this.around.store);
    if (frame?.line === undefined || frame.runtime !== 'python') return false;
    if (!frame.file?.endsWith('.py') || frame.function?.includes(' ')) return false;
    if (this.#process === undefined) this.#open(line.number);
    this.#thread = this.#process?.openNameless({ sourceLine: line.number });
    if (this.#thread === undefined) return true;
    this.#thread.isCut = true;
    this.#frameIndent = line.indent;
    this.#thread.add(frame);
    return true;
  }

  #open(lineNumber: number): void {
    this.#process = this.around.open(this.format, lineNumber);
    this.#process.pid = this.#pid;
    this.#pid = 0;
    this.#opened.push(this.#process);
  }

  #endThread(): void {
    const thread = this.#thread;
    if (thread === undefined) return;
    const isProse = thread.tidKind === 'ordinal' && thread.isCut && thread.name === '';
    if (isProse && thread.length < fewestFrames) {
      this.#process?.drop(thread);
      this.around.store.skipped.add(skipReasons.text, thread.sourceLine, thread.length);
    }
    thread.seal();
    for (const sharer of this.#sharers) {
      sharer.thread.replaceFrames(thread.frames());
      sharer.thread.isCut = thread.isCut;
    }
    this.#sharers = [];
  }
}

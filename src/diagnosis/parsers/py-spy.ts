/** `py-spy dump`, with and without `--native`, `--locals` and `--subprocesses`. Written after py-spy 0.3 and 0.4. */
import type { Line } from './line.js';
import { Processes } from './processes.js';
import { pySpyFrame } from './py-spy-frame.js';
import { idOf } from './scan.js';
import { skipReasons } from './skipped.js';
import type { Surroundings, Taken, TextReader } from './text-reader.js';
import type { ThreadDraft } from './thread-draft.js';

/** `Thread 0x7F12 (active+gil): "name"`; people shorten it to `Thread (idle) "name"`. */
const heading = /^Thread (?:(\d+|0x[0-9a-fA-F]+) )?\((active\+gil|active|idle|gil)\)(?::? "([^"]*)"?)?$/;
const plainHeading = /^Thread (\d+|0x[0-9a-fA-F]+): "([^"]*)"$/;
/** People fold equal processes: `6 processes are in:`, `4 in:`. */
const folded = /^(\d{1,6}) (?:(?:processes|threads|ranks|workers) )?(?:are )?in:?$/;
const versionInCommand = / +\(Python (\d[\w.+]*)\)$/;
/** So few frames without a thread above them may as well be prose. */
const fewestFrames = 3;

export class PySpyReader implements TextReader {
  readonly format = 'py-spy';
  readonly letters = 'TP';
  readonly #processes: Processes;
  #thread: ThreadDraft | undefined;
  /** Threads of equal processes that people list above one stack. */
  #sharers: ThreadDraft[] = [];
  #alike = 1;
  #frameIndent = 0;
  #inLocals = false;

  constructor(readonly around: Surroundings) {
    this.#processes = new Processes(this.format, around);
  }

  begins(line: Line): Taken {
    const { body } = line;
    if (body.startsWith('Thread ')) return this.#beginThread(line);
    if (body.startsWith('Process ')) return this.#beginProcess(line);
    if (body.startsWith('Python v')) return this.#version(body);
    return body.startsWith('Parent Process ') && this.#processes.current !== undefined;
  }

  /** Frames whose heading is missing. */
  rescues(line: Line): Taken {
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
    if (isCut && this.#processes.current !== undefined) this.#processes.current.listsAllThreads = false;
    this.#endThread();
    this.#thread = undefined;
    this.#processes.finish();
  }

  #beginThread(line: Line): Taken {
    const found = heading.exec(line.body) ?? plainHeading.exec(line.body)?.toSpliced(2, 0, '');
    if (found == null) return false;
    const [, id, said = '', name = ''] = found;
    const isMain = name === 'MainThread';
    const tid = id === undefined ? undefined : idOf(id);
    const previous = this.#thread;
    const shares = isMain && previous?.name === name && previous.length === 0;
    const another = tid !== undefined && this.#processes.current?.has(tid);
    const secondMain = isMain && this.#processes.current?.threads.some((thread) => thread.name === name);
    if (previous !== undefined && shares) {
      this.#sharers.push(previous);
    } else {
      this.#endThread();
      this.#alike = this.#countOfLead();
    }
    const process =
      another || secondMain ? this.#processes.open(line.number) : this.#processes.ensure(line.number);
    const details = {
      sourceLine: line.number,
      name,
      state: said.startsWith('active') ? 'R' : said === 'idle' ? 'S' : '?',
      ...(said === '' ? {} : { said }),
      ...(said.endsWith('gil') ? { gil: 'holds' as const } : {}),
      ...(id?.startsWith('0x') ? { tidKind: 'pthread' as const } : {}),
    };
    // On Linux the main thread's id is the process's.
    if (isMain && process.pid === 0 && tid !== undefined && !id?.startsWith('0x')) process.pid = tid;
    // Whoever shortened the headings may have left out threads as well.
    if (id === undefined) process.listsAllThreads = false;
    const known = tid ?? (isMain && process.pid > 0 ? process.pid : undefined);
    this.#thread =
      known === undefined ? process.openNameless(details) : process.open({ ...details, tid: known });
    this.#inLocals = false;
    return true;
  }

  #beginProcess(line: Line): Taken {
    const found = /^Process (\d+): (.*)$/.exec(line.body);
    if (found === null) return false;
    this.#endThread();
    this.#thread = undefined;
    const process = this.#processes.open(line.number);
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
    if (found === null || this.#processes.current === undefined) return false;
    this.#processes.current.runtimeVersion = `Python ${found[1]}`;
    return true;
  }

  #headless(line: Line): Taken {
    const frame = pySpyFrame(line, this.around.store);
    if (frame?.line === undefined || frame.runtime !== 'python') return false;
    if (!frame.file?.endsWith('.py') || frame.function?.includes(' ')) return false;
    const process = this.#processes.ensure(line.number);
    this.#thread = process.openNameless({ sourceLine: line.number });
    if (this.#thread === undefined) return true;
    this.#thread.isCut = true;
    this.#frameIndent = line.indent;
    this.#thread.add(frame);
    return true;
  }

  #countOfLead(): number {
    const lead = folded.exec(this.around.lead()?.text ?? '');
    if (lead === null) return 1;
    this.around.takeLead();
    return Number(lead[1]);
  }

  #endThread(): void {
    const thread = this.#thread;
    if (thread === undefined) return;
    const isProse = thread.tidKind === 'ordinal' && thread.isCut && thread.name === '';
    if (isProse && thread.length < fewestFrames) {
      this.#processes.current?.drop(thread);
      this.around.store.skipped.add(skipReasons.text, thread.sourceLine, thread.length);
    }
    thread.seal();
    // Those that are listed by name count for themselves.
    if (this.#alike > this.#sharers.length + 1) thread.alike = this.#alike - this.#sharers.length;
    this.#alike = 1;
    for (const sharer of this.#sharers) {
      sharer.replaceFrames(thread.frames());
      sharer.isCut = thread.isCut;
    }
    this.#sharers = [];
  }
}

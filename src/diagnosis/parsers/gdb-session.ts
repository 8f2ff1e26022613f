/** The threads of one stop of one process under gdb: `thread apply all`, switches and tables may name each several times. */
import type { Frame } from '../process-dump.js';
import { mergePython } from './gdb-python.js';
import type { GdbThread } from './gdb-thread.js';
import { GdbValues } from './gdb-values.js';
import { setOwners, setWait } from './gdb-waits.js';
import type { ProcessDraft } from './process-draft.js';
import { sameFrame } from './store.js';
import type { ThreadDraft } from './thread-draft.js';

/** Each is compared with every thread. */
const mostReprints = 50;

type PythonBy = 'py-bt' | 'py-bt-full' | 'arguments';

interface Entry {
  thread: ThreadDraft;
  number: number | undefined;
  /** Had a heading of its own, not only a row of a table. */
  isHeaded: boolean;
  /** Its only frame comes from `info threads`. */
  fromTable: boolean;
  /** The stack that was printed before the one that is being read. */
  before?: Frame[];
  python: Frame[];
  /** The command that printed the Python frames. */
  pythonBy?: PythonBy;
  /** Number of the frame whose arguments told the last of them. */
  pythonAt?: number;
  rdi?: string;
}

export class GdbSession {
  readonly values = new GdbValues();
  current: Entry | undefined;
  /** What `bt` means: gdb's selected thread. */
  selected: Entry | undefined;
  showsLocals = false;
  #lastNumber = -1;
  readonly #entries = new Map<ThreadDraft, Entry>();

  /** @param othersWhileAttaching how many more threads gdb found; undefined when the text does not show it attach */
  constructor(
    readonly process: ProcessDraft,
    readonly othersWhileAttaching: number | undefined,
  ) {}

  get isEmpty(): boolean {
    return this.#entries.size === 0;
  }

  /** Number that the next frame of the open stack should have. */
  get nextNumber(): number {
    return this.#lastNumber + 1;
  }

  find(found: GdbThread): Entry | undefined {
    const tid = found.tid ?? Number(found.pthread);
    const thread = this.process.thread(tid);
    return thread && this.#entries.get(thread);
  }

  enter(found: GdbThread, sourceLine: number): Entry | undefined {
    this.leave();
    const entry = this.find(found) ?? this.#open(found, sourceLine);
    if (entry === undefined) return undefined;
    entry.number ??= found.number;
    if (found.isCurrent) {
      this.selected?.thread.marks.delete('current');
      this.selected = entry;
      entry.thread.marks.add('current');
    }
    this.current = entry;
    this.values.tid = entry.thread.tid;
    return entry;
  }

  /** The open stack is finished. */
  leave(): void {
    this.#lastNumber = -1;
    const entry = this.current;
    if (entry === undefined) return;
    if (entry.before !== undefined && entry.before.length > entry.thread.length) {
      entry.thread.replaceFrames(entry.before);
    }
    delete entry.before;
    entry.thread.seal();
  }

  /** Frame 0: the beginning of a stack, of a thread without a heading unless one is open. */
  beginStack(sourceLine: number, name: string | undefined): void {
    const entry = this.current;
    if (entry === undefined || (entry.thread.length > 0 && !entry.fromTable && !this.#isReprinted(entry))) {
      this.leave();
      this.current = this.#nameless(sourceLine, name);
      return;
    }
    if (entry.fromTable) entry.thread.restart();
    else if (entry.thread.length > 0) {
      entry.before = entry.thread.frames();
      entry.thread.restart();
    }
    entry.fromTable = false;
    if (entry.pythonBy === 'arguments') {
      entry.python = [];
      delete entry.pythonBy;
      delete entry.pythonAt;
    }
  }

  /** A stack whose first frames are missing. */
  beginCutStack(sourceLine: number, name: string | undefined): void {
    if (this.current === undefined) this.current = this.#nameless(sourceLine, name);
    if (this.current !== undefined) this.current.thread.isCut = true;
  }

  add(frame: Frame, number: number): void {
    const entry = this.current;
    if (entry === undefined) return;
    if (number > this.nextNumber) {
      if (entry.thread.length > 0) entry.thread.isCut = true;
      else entry.thread.innermostMissing = true;
    }
    this.#lastNumber = number;
    entry.thread.add(frame);
  }

  /** `py-bt` and `py-bt-full` of one thread are one stack printed twice. */
  addPython(frame: Frame, by: PythonBy): void {
    const entry = this.current;
    if (entry === undefined) return;
    if (entry.pythonBy !== by) entry.python = [];
    entry.pythonBy = by;
    entry.python.push(frame);
  }

  /** With python-gdb, the arguments of an evaluation tell its Python frame; `py-bt` tells it better. */
  addPythonArgument(frame: Frame, number: number): void {
    const entry = this.current;
    if (entry === undefined || (entry.pythonBy ?? 'arguments') !== 'arguments') return;
    // An evaluation that gcc has split shows the same frame twice.
    const isAgain = entry.pythonAt === number - 1;
    entry.pythonAt = number;
    if (!isAgain) this.addPython(frame, 'arguments');
  }

  /** A row of `info threads`: worth something only until the thread's stack is printed. */
  addFromTable(entry: Entry, frame: Frame): void {
    if (entry.thread.length > 0) return;
    entry.thread.add(frame);
    entry.thread.isCut = true;
    entry.fromTable = true;
  }

  byNumber(number: number): Entry | undefined {
    return [...this.#entries.values()].find((entry) => entry.number === number);
  }

  finish(): void {
    this.leave();
    this.values.end();
    this.#dropReprints();
    for (const { thread, python } of this.#entries.values()) {
      if (python.length > 0) thread.replaceFrames(mergePython(thread.frames(), python));
    }
    for (const { thread, rdi } of this.#entries.values()) setWait(thread, rdi);
    setOwners(this.process, this.values);
    this.process.listsAllThreads = this.#listsAll();
    const first = this.byNumber(1)?.thread;
    const lowest = this.process.threads.reduce((least, { tid }) => Math.min(least, tid), Number.MAX_VALUE);
    // Under a live process gdb numbers the main thread 1, in a core the one that crashed.
    if (this.process.pid === 0 && first?.tidKind === undefined && first?.tid === lowest)
      this.process.pid = lowest;
  }

  #open(found: GdbThread, sourceLine: number): Entry | undefined {
    const tid = found.tid ?? Number(found.pthread);
    const thread = this.process.open({
      tid,
      sourceLine,
      ...(found.tid === undefined ? { tidKind: 'pthread' } : {}),
      ...(found.name === undefined ? {} : { name: found.name }),
      ...(found.pthread === undefined ? {} : { pthread: found.pthread }),
    });
    if (found.isExiting) thread?.marks.add('exiting');
    return this.#enlist(thread, found.number);
  }

  #nameless(sourceLine: number, name: string | undefined): Entry | undefined {
    return this.#enlist(this.process.openNameless({ sourceLine, name: name ?? '' }), undefined);
  }

  #enlist(thread: ThreadDraft | undefined, number: number | undefined): Entry | undefined {
    if (thread === undefined) return undefined;
    const entry = { thread, number, isHeaded: false, fromTable: false, python: [] };
    this.#entries.set(thread, entry);
    return entry;
  }

  #isReprinted(entry: Entry): boolean {
    return entry === this.selected || entry.isHeaded;
  }

  /** `bt` after `thread apply all bt` prints a stack again that already stands there. */
  #dropReprints(): void {
    const entries = [...this.#entries.values()];
    const nameless = entries.filter((entry) => entry.thread.tidKind === 'ordinal');
    if (nameless.length > mostReprints) return;
    for (const entry of nameless) {
      if (!this.#isPrintedElsewhere(entry, entries)) continue;
      this.process.drop(entry.thread);
      this.#entries.delete(entry.thread);
    }
  }

  #isPrintedElsewhere({ thread }: Entry, entries: readonly Entry[]): boolean {
    const frames = thread.frames();
    return entries.some((other) => {
      if (other.thread === thread || other.thread.tidKind === 'ordinal') return false;
      const others = other.thread.frames();
      return others.length >= frames.length && frames.every((frame, at) => sameFrame(frame, others[at]));
    });
  }

  /**
   * Gdb numbers threads from 1: a gap, or a thread known from a table only, means that some are not shown. A lone
   * thread 1 is often all that somebody pasted, unless gdb was seen to attach and to find no other.
   */
  #listsAll(): boolean {
    const numbers = new Set<number>();
    let highest = 0;
    for (const { number, isHeaded, fromTable, thread } of this.#entries.values()) {
      if (number === undefined || !isHeaded || fromTable || thread.length === 0) return false;
      numbers.add(number);
      highest = Math.max(highest, number);
    }
    if (highest === 1 && this.othersWhileAttaching !== 0) return false;
    return numbers.has(1) && highest === numbers.size;
  }
}

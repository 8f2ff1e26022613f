import type { PrintedOwner, ProcessDump } from '../process-dump.js';
import type { DumpFormat } from './format.js';
import { skipReasons } from './skipped.js';
import type { Store } from './store.js';
import { ThreadDraft, type ThreadHeading } from './thread-draft.js';

const mostSentences = 100;

/** A process of the text, or one sample of it, while it is being read. */
export class ProcessDraft {
  pid = 0;
  command: string | undefined;
  takenAt = '';
  label: string | undefined;
  runtimeVersion: string | undefined;
  listsAllThreads = false;
  readonly threads: ThreadDraft[] = [];
  readonly #notes = new Set<string>();
  readonly #lacks = new Set<string>();
  readonly printedOwners: PrintedOwner[] = [];
  readonly #byTid = new Map<number, ThreadDraft>();
  #ordinals = 0;

  constructor(
    readonly format: DumpFormat,
    readonly store: Store,
    readonly sourceLine: number,
  ) {}

  has(tid: number): boolean {
    return this.#byTid.has(tid);
  }

  thread(tid: number): ThreadDraft | undefined {
    return this.#byTid.get(tid);
  }

  /** Undefined above the limit: the thread is counted, and its frames are skipped. */
  open(heading: ThreadHeading): ThreadDraft | undefined {
    if (!this.store.admitThread(heading.sourceLine)) return undefined;
    const thread = new ThreadDraft(heading, this.store);
    this.threads.push(thread);
    if (!this.#byTid.has(thread.tid)) this.#byTid.set(thread.tid, thread);
    return thread;
  }

  /** For a stack that the text gives no thread id for. */
  openNameless(heading: Omit<ThreadHeading, 'tid' | 'tidKind'>): ThreadDraft | undefined {
    return this.open({ ...heading, tid: this.nextOrdinal(), tidKind: 'ordinal' });
  }

  private nextOrdinal(): number {
    do this.#ordinals++;
    while (this.#byTid.has(this.#ordinals));
    return this.#ordinals;
  }

  drop(thread: ThreadDraft): void {
    const at = this.threads.lastIndexOf(thread);
    if (at >= 0) this.threads.splice(at, 1);
    if (this.#byTid.get(thread.tid) === thread) this.#byTid.delete(thread.tid);
    if (thread.tidKind === 'ordinal' && thread.tid === this.#ordinals) this.#ordinals--;
  }

  note(text: string): void {
    if (this.#notes.size < mostSentences) this.#notes.add(this.store.keep(text));
  }

  lack(text: string): void {
    if (this.#lacks.size < mostSentences) this.#lacks.add(text);
  }

  finish(): void {
    if (this.threads.length === 0) {
      // A heading without anything below it, as at the end of a text that was cut.
      if (this.#notes.size > 0) this.store.skipped.add(skipReasons.text, this.sourceLine, this.#notes.size);
      return;
    }
    this.store.dumps.push(this.dump());
  }

  /** What came before the first thread may have been dropped. */
  #firstLine(): number {
    const isHeaded = this.pid !== 0 || this.command !== undefined || this.#notes.size > 0;
    return isHeaded ? this.sourceLine : (this.threads[0]?.sourceLine ?? this.sourceLine);
  }

  private dump(): ProcessDump {
    const { printedOwners } = this;
    return {
      schemaVersion: 1,
      pid: Number.isSafeInteger(this.pid) ? this.pid : 0,
      ...(this.command === undefined ? {} : { command: this.store.keep(this.command) }),
      format: this.format,
      ...(this.label === undefined ? {} : { label: this.store.keep(this.label) }),
      ...(this.runtimeVersion === undefined ? {} : { runtimeVersion: this.store.keep(this.runtimeVersion) }),
      ...(this.listsAllThreads ? { listsAllThreads: true } : {}),
      ...(printedOwners.length === 0 ? {} : { printedOwners }),
      takenAt: this.takenAt,
      threads: this.threads.map((thread) => thread.finish()),
      lockLines: [],
      lacks: [...this.#lacks],
      ...(this.#notes.size === 0 ? {} : { notes: [...this.#notes] }),
      sourceLine: this.#firstLine(),
    };
  }
}

import type { Frame, LockRecord, ThreadDump, ThreadMark, ThreadWait } from '../process-dump.js';
import { type FrameOrder, FrameWindow } from './frame-window.js';
import { nativeWait } from './native-wait.js';
import type { Store } from './store.js';

export interface ThreadHeading {
  tid: number;
  sourceLine: number;
  tidKind?: NonNullable<ThreadDump['tidKind']>;
  name?: string;
  state?: string;
  gil?: NonNullable<ThreadDump['gil']>;
  said?: string;
  pthread?: string;
  order?: FrameOrder;
}

/** Outermost functions of native threads, of the main thread, and of interpreters whose C frames are not shown. */
const threadStart =
  /^(_*clone[23]?|start_thread|_*libc_start_(main|call_main).*|_start|main|<module>|_bootstrap|__bootstrap|_run_module_as_main|runtime\.(main|goexit)|.*\.Thread\.run)$/;

/** A thread of the text while it is being read. */
export class ThreadDraft {
  readonly tid: number;
  readonly sourceLine: number;
  tidKind: ThreadDump['tidKind'];
  name: string;
  state: string;
  gil: ThreadDump['gil'];
  said: string | undefined;
  pthread: string | undefined;
  alike: number | undefined;
  wait: ThreadWait | undefined;
  createdBy: string | undefined;
  readonly marks = new Set<ThreadMark>();
  readonly holds: LockRecord[] = [];
  /** The text says that frames are missing, or breaks off. */
  isCut = false;
  innermostMissing = false;
  /** Frames that the text itself says it left out. */
  elided = 0;
  readonly #order: FrameOrder;
  #window: FrameWindow;
  #sealed: { frames: Frame[]; leftOut: number; sameStackAs?: number } | undefined;

  constructor(
    heading: ThreadHeading,
    readonly store: Store,
  ) {
    // Tagged pointers and damaged texts have ids that no number holds exactly.
    this.tid = Number.isFinite(heading.tid) ? heading.tid % 2 ** 53 : 0;
    this.sourceLine = heading.sourceLine;
    this.tidKind = heading.tidKind;
    this.name = store.keep(heading.name ?? '');
    this.state = heading.state ?? '?';
    this.gil = heading.gil;
    this.said = heading.said === undefined ? undefined : store.keep(heading.said);
    this.pthread = heading.pthread;
    this.#order = heading.order ?? 'innermost-first';
    this.#window = new FrameWindow(this.#order);
  }

  get length(): number {
    return this.#sealed?.frames.length ?? this.#window.length;
  }

  get latest(): Frame | undefined {
    return this.#window.latest;
  }

  add(frame: Frame): void {
    if (this.#sealed !== undefined) this.reopen();
    if (this.store.admitFrame()) this.#window.add(frame);
    else this.elided++;
  }

  /** The text prints this thread once more: its next frames begin a new stack. */
  restart(order: FrameOrder = this.#order): void {
    this.#sealed = undefined;
    this.innermostMissing = false;
    this.#window = new FrameWindow(order);
  }

  /** Goes on with a stack that looked finished. */
  private reopen(): void {
    const window = new FrameWindow('innermost-first');
    for (const frame of this.#sealed?.frames ?? []) window.add(frame);
    window.leftOut += this.#sealed?.leftOut ?? 0;
    this.#sealed = undefined;
    this.#window = window;
  }

  frames(): Frame[] {
    return this.#sealed?.frames ?? this.#window.frames();
  }

  replaceFrames(frames: readonly Frame[]): void {
    const window = new FrameWindow('innermost-first');
    for (const frame of frames) window.add(frame);
    this.#sealed = { frames: window.frames(), leftOut: this.#window.leftOut + window.leftOut };
  }

  /** No more frames will come: a stack that was seen before is shared, so that a million equal threads fit. */
  seal(): void {
    if (this.#sealed !== undefined) return;
    const { leftOut } = this.#window;
    this.#sealed = { leftOut, ...this.store.share(this.#window.frames(), this.tid) };
  }

  finish(): ThreadDump {
    this.seal();
    const { frames, leftOut, sameStackAs } = this.#sealed ?? { frames: [], leftOut: 0 };
    const framesLeftOut = leftOut + this.elided;
    const wait = this.#kept(this.wait ?? nativeWait(frames));
    const holds = this.holds.map((lock) => this.#kept(lock));
    return {
      tid: this.tid,
      name: this.name,
      state: this.state,
      ...(this.tidKind === undefined ? {} : { tidKind: this.tidKind }),
      ...(this.gil === undefined ? {} : { gil: this.gil }),
      ...(this.said === undefined ? {} : { said: this.said }),
      ...(this.alike === undefined ? {} : { alike: this.alike }),
      ...(this.pthread === undefined ? {} : { pthread: this.pthread }),
      ...(this.createdBy === undefined ? {} : { createdBy: this.createdBy }),
      ...(wait === undefined ? {} : { wait }),
      ...(this.marks.size === 0 ? {} : { marks: [...this.marks] }),
      ...(holds.length === 0 ? {} : { holds }),
      frames,
      stack: this.#completeness(frames),
      ...(framesLeftOut === 0 ? {} : { framesLeftOut }),
      ...(this.innermostMissing ? { innermostMissing: true } : {}),
      ...(sameStackAs === undefined ? {} : { sameStackAs }),
      sourceLine: this.sourceLine,
    };
  }

  /** Names of locks are pieces of lines as well. */
  #kept<Lock extends LockRecord | ThreadWait | undefined>(lock: Lock): Lock {
    if (lock === undefined) return lock;
    for (const key of ['address', 'symbol', 'type', 'name'] as const) {
      const text = lock[key];
      if (text !== undefined) lock[key] = this.store.keep(text);
    }
    return lock;
  }

  #completeness(frames: readonly Frame[]): ThreadDump['stack'] {
    const outermost = frames.at(-1);
    if (outermost === undefined) return 'none';
    if (this.isCut || this.innermostMissing) return 'partial';
    return isThreadStart(outermost) ? 'complete' : 'partial';
  }
}

function isThreadStart(frame: Frame): boolean {
  // py-spy prints the C library's part of a thread's start without names.
  if (frame.function === undefined) return /^libc[-.]/.test(frame.module ?? '');
  return threadStart.test(frame.function.replace(/@.*$/, ''));
}

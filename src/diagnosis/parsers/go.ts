/** Goroutine dumps: SIGQUIT, a panic with GOTRACEBACK=all, `debug=2` of net/http/pprof. Written after Go 1.5 to 1.24. */
import type { Frame, ThreadWait } from '../process-dump.js';
import type { Line } from './line.js';
import { Processes } from './processes.js';
import { addressEnd, tidyAddress } from './scan.js';
import { skipReasons } from './skipped.js';
import type { Surroundings, Taken, TextReader } from './text-reader.js';
import type { ThreadDraft } from './thread-draft.js';

const heading = /^goroutine (\d+)(?: gp=0x[0-9a-f]+)?(?: m=\S+)?(?: mp=0x[0-9a-f]+)? \[([^\]]*)\]:?$/;
const place = /^(\S.*):(\d{1,9})(?: \+0x[0-9a-f]+)?(?: fp=0x\S+ sp=0x\S+ pc=0x\S+)?$/;
/** The first argument of a method is its receiver: the lock. */
const lockFunction = /^sync\.(?:\(\*\w+\)\.(?:lockSlow|R?Lock\w*|Wait)|runtime_[Ss]emacquire\w*)$/;
const registers = /^(?:r[a-ds][xip]|r[sd]i|r[bs]p|r\d+|rip|rflags|[c-gs]s) +0x[0-9a-f]+$/;
const waitKinds: readonly (readonly [RegExp, ThreadWait['kind']])[] = [
  [/^sync\.(RW)?Mutex\.Lock|^semacquire/, 'mutex'],
  [/^sync\.RWMutex\.RLock/, 'rwlock-read'],
  [/^sync\.(Cond|WaitGroup)\.Wait|^chan |^select/, 'condvar'],
  [/^sleep/, 'sleep'],
  [/^IO wait/, 'poll'],
];

/** `main.(*Store).Put(`: up to the first bracket, so that a long line is looked at once. */
const callStart = /^[\w./*()[\]{},-][\w./*)[\]{},-]*\(/;

export class GoReader implements TextReader {
  readonly format = 'go';
  readonly letters = 'gSfp';
  readonly #processes: Processes;
  #thread: ThreadDraft | undefined;
  /** The function line whose file line comes next. */
  #frame: Frame | undefined;
  #creator = false;

  constructor(readonly around: Surroundings) {
    this.#processes = new Processes(this.format, around);
  }

  begins(line: Line): Taken {
    const { body } = line;
    if (body.startsWith('goroutine ')) return this.#heading(line);
    if (!/^(?:SIGQUIT: quit|fatal error: all goroutines are asleep|panic: )/.test(body)) return false;
    this.interrupt();
    const process = this.#processes.open(line.number);
    process.note(body);
    // A panic shows one goroutine unless GOTRACEBACK says otherwise.
    process.listsAllThreads = !body.startsWith('panic: ');
    return true;
  }

  continues(line: Line): Taken {
    const thread = this.#thread;
    const { body } = line;
    if (registers.test(body)) return skipReasons.values;
    if (thread === undefined)
      return /^(?:PC=|\[signal |\[originating from )/.test(body) && skipReasons.chatter;
    if (line.indent > 0 && place.test(body)) return this.#place(body);
    const elided = /^\.\.\.(\d+|additional) (?:frames )?elided\.{3}$/.exec(body);
    if (elided !== null) {
      thread.elided += Number(elided[1]) || 1;
      return true;
    }
    if (body.startsWith('created by ')) return this.#createdBy(body, thread);
    if (
      /^(?:goroutine running on other thread|r[a-ds][xip] |r[sd]i |r\d+ |rip |rflags |[c-gs]s )/.test(body)
    ) {
      return skipReasons.values;
    }
    return this.#function(body, thread, line.number);
  }

  /** Goroutines are parted by blank lines. */
  blank(): void {
    this.interrupt();
  }

  other(): void {}

  interrupt(): void {
    this.#frame = undefined;
    this.#creator = false;
    const thread = this.#thread;
    this.#thread = undefined;
    if (thread === undefined) return;
    setWait(thread);
    if (thread.name === '') thread.name = this.around.store.keep(thread.latest?.function ?? '');
    thread.seal();
  }

  close(isCut: boolean): void {
    if (isCut && this.#thread !== undefined) this.#thread.isCut = true;
    this.interrupt();
    this.#processes.finish();
  }

  #heading(line: Line): Taken {
    const found = heading.exec(line.body);
    if (found === null) return false;
    this.interrupt();
    const [, id = '', words = ''] = found;
    const tid = Number(id);
    const isKnown = this.#processes.current?.has(tid);
    const process = isKnown ? this.#processes.open(line.number) : this.#processes.ensure(line.number);
    this.#thread = process.open({
      tid,
      tidKind: 'goroutine',
      said: words,
      state: /^run(?:ning|nable)/.test(words) ? 'R' : words === 'idle' || words === '' ? '?' : 'S',
      sourceLine: line.number,
    });
    return true;
  }

  /** `sync.(*Mutex).Lock(0xc000012345)`; the file follows in the next line. */
  #function(body: string, thread: ThreadDraft, sourceLine: number): Taken {
    const open = body.lastIndexOf('(');
    if (open <= 0 || !body.endsWith(')') || body.includes(' ')) {
      if (!body.endsWith(')') || !callStart.test(body)) return false;
    }
    const { store } = this.around;
    const name = body.slice(0, open);
    const args = body.slice(open + 1, -1);
    this.#creator = false;
    this.#frame = {
      function: store.keep(name),
      ...(args.startsWith('0x') && lockFunction.test(name) ? { args: store.keep(args.slice(0, 200)) } : {}),
      runtime: 'native',
      sourceLine,
    };
    thread.add(this.#frame);
    return true;
  }

  #place(body: string): Taken {
    const found = place.exec(body);
    if (found?.[1] === undefined || (this.#frame === undefined && !this.#creator)) return false;
    if (this.#frame !== undefined && !this.#creator) {
      this.#frame.file = this.around.store.keep(found[1]);
      this.#frame.line = Number(found[2]);
    }
    this.#frame = undefined;
    return true;
  }

  #createdBy(body: string, thread: ThreadDraft): true {
    thread.createdBy = this.around.store.keep(body.slice('created by '.length));
    this.#creator = true;
    this.#frame = undefined;
    return true;
  }
}

/** `semacquire, 8 minutes, locked to thread`. */
function setWait(thread: ThreadDraft): void {
  const words = thread.said ?? '';
  const kind = waitKinds.find(([pattern]) => pattern.test(words))?.[1];
  if (kind === undefined) return;
  // Further in stand the lock's own parts.
  const lock = thread.frames().findLast((frame) => frame.args !== undefined);
  const minutes = /, (\d+) minutes/.exec(words);
  const end = addressEnd(lock?.args ?? '', 0);
  thread.wait = {
    kind: lock?.function?.includes('WaitGroup') ? 'condvar' : kind,
    ...(end === 0 ? {} : { address: tidyAddress(lock?.args?.slice(0, end) ?? '') }),
    ...(minutes === null ? {} : { waitingMs: Number(minutes[1]) * 60_000 }),
    ...(lock?.sourceLine === undefined ? {} : { sourceLine: lock.sourceLine }),
  };
}

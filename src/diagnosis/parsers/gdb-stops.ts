/** The stops of one or several processes under gdb, one after the other: each becomes a dump. */
import { GdbSession } from './gdb-session.js';
import type { Surroundings } from './text-reader.js';

export class GdbStops {
  session: GdbSession | undefined;
  /** What gdb said of the process before its first thread. */
  pid = 0;
  /** `[New LWP ...]` lines since gdb said that it attaches; undefined when it was not seen to. */
  othersWhileAttaching: number | undefined;
  /** The process has been running since the last stack: the next one is another stop. */
  hasRun = false;
  /** A person was at the prompt, and may have printed a stack twice. */
  sawPrompt = false;
  #finished: GdbSession[] = [];

  constructor(readonly around: Surroundings) {}

  /** The stop that the next stack belongs to. */
  ensure(lineNumber: number): GdbSession {
    const isOver = this.hasRun && this.session?.isEmpty === false;
    this.hasRun = false;
    return isOver || this.session === undefined ? this.open(lineNumber) : this.session;
  }

  open(lineNumber: number): GdbSession {
    this.end();
    const process = this.around.open('gdb', lineNumber);
    process.pid ||= this.pid;
    this.session = new GdbSession(process, this.othersWhileAttaching);
    return this.session;
  }

  /** Frame 0 of the open thread; a headed thread that is printed once more, and not by hand, is another sample. */
  beginStack(lineNumber: number, name: string | undefined): GdbSession {
    const session = this.ensure(lineNumber);
    const { current } = session;
    const isAgain = current?.isHeaded && current.thread.length > 0 && !current.fromTable;
    if (!isAgain || this.sawPrompt) {
      session.beginStack(lineNumber, name);
      return session;
    }
    const { thread, number } = current;
    const next = this.open(lineNumber);
    const again = next.enter(
      {
        name: thread.name,
        ...(thread.tidKind === 'pthread' ? {} : { tid: thread.tid }),
        ...(thread.pthread === undefined ? {} : { pthread: thread.pthread }),
        ...(number === undefined ? {} : { number }),
      },
      lineNumber,
    );
    if (again !== undefined) again.isHeaded = true;
    next.beginStack(lineNumber, undefined);
    return next;
  }

  findsAnother(): void {
    if (this.othersWhileAttaching !== undefined) this.othersWhileAttaching++;
  }

  finish(): void {
    this.end();
    for (const { process } of this.#finished) process.finish();
    this.#finished = [];
  }

  private end(): void {
    const session = this.session;
    this.session = undefined;
    if (session === undefined) return;
    session.finish();
    if (session.isEmpty) {
      session.process.finish();
      return;
    }
    const before = this.#finished.at(-1);
    // `bt full` after `bt` is one stop printed twice, not two samples.
    const isReprint =
      before !== undefined &&
      !this.hasRun &&
      before.showsLocals !== session.showsLocals &&
      session.process.threads.every((thread) => before.process.has(thread.tid));
    if (!isReprint) this.#finished.push(session);
  }
}

/** `jstack`, `jcmd Thread.print` and SIGQUIT of a Java virtual machine. Written after HotSpot 8 to 21. */
import type { Frame } from '../process-dump.js';
import { jstackHeading } from './jstack-heading.js';
import { JavaLocks } from './jstack-locks.js';
import type { Line } from './line.js';
import { Processes } from './processes.js';
import { fileAndLine } from './scan.js';
import { skipReasons } from './skipped.js';
import type { Surroundings, Taken, TextReader } from './text-reader.js';
import type { ThreadDraft } from './thread-draft.js';

const dumpHeading = /^Full thread dump (.*?):?$/;
const time = /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)$/;

export class JstackReader implements TextReader {
  readonly format = 'jstack';
  readonly letters = '"F2';
  readonly #processes: Processes;
  #locks = new JavaLocks();
  #thread: ThreadDraft | undefined;
  /** `Found one Java-level deadlock:` repeats the stacks that stand above. */
  #inDeadlock = false;
  #time = '';
  #pid = 0;

  constructor(readonly around: Surroundings) {
    this.#processes = new Processes(this.format, around);
  }

  begins(line: Line): Taken {
    const { body } = line;
    switch (body[0]) {
      case '"':
        return this.#heading(line);
      case 'F':
        return this.#dumpHeading(line) || this.#deadlock(body);
      case '2':
        return this.#takesTime(body);
      default:
        return false;
    }
  }

  continues(line: Line): Taken {
    const { body } = line;
    if (this.#processes.current === undefined) return false;
    if (this.#inDeadlock) return this.#inDeadlockSection(line);
    const thread = this.#thread;
    if (body.startsWith('at ')) return this.#frame(body, line.number);
    if (body.startsWith('- ')) return thread !== undefined && this.#locks.take(body, thread, line.number);
    if (body.startsWith('java.lang.Thread.State: ')) return this.#state(body.slice(24));
    if (body === 'Locked ownable synchronizers:') return true;
    return isFiller(body) ? skipReasons.chatter : false;
  }

  blank(): void {}

  other(): void {}

  interrupt(): void {
    this.#thread?.seal();
    this.#thread = undefined;
  }

  close(isCut: boolean): void {
    if (isCut && this.#thread !== undefined) this.#thread.isCut = true;
    this.#endDump();
    this.#processes.finish();
  }

  #dumpHeading(line: Line): boolean {
    const found = dumpHeading.exec(line.body);
    if (found === null) return false;
    this.#endDump();
    const process = this.#processes.open(line.number);
    process.runtimeVersion = found[1]?.replace(/ \((\S+).*$/, ' $1');
    process.listsAllThreads = true;
    process.takenAt = this.#time || process.takenAt;
    process.pid ||= this.#pid;
    this.#time = '';
    this.#pid = 0;
    return true;
  }

  #takesTime(body: string): Taken {
    const found = time.exec(body);
    if (found === null) return false;
    // The machine's own clock, without its zone.
    this.#time = `${found[1]}T${found[2]}`;
    // jcmd begins with the process's id.
    this.#pid = Number(/^(\d+):$/.exec(this.around.lead()?.text ?? '')?.[1] ?? 0);
    return skipReasons.chatter;
  }

  #heading(line: Line): Taken {
    const found = jstackHeading(line.body);
    if (found === undefined) return this.#inDeadlock && this.#inDeadlockSection(line);
    this.#inDeadlock = false;
    this.interrupt();
    const { tid, isDaemon, words } = found;
    const process = this.#processes.ensure(line.number);
    const heading = { name: found.name, sourceLine: line.number, ...(words === '' ? {} : { said: words }) };
    this.#thread = tid === undefined ? process.openNameless(heading) : process.open({ ...heading, tid });
    if (isDaemon) this.#thread?.marks.add('daemon');
    return true;
  }

  #state(text: string): boolean {
    const thread = this.#thread;
    if (thread === undefined) return false;
    thread.said = this.around.store.keep(text);
    // A thread in a native call counts as RUNNABLE even while it waits there.
    thread.state = text.startsWith('RUNNABLE') ? '?' : 'S';
    return true;
  }

  /** `at java.lang.Object.wait(java.base@17.0.9/Object.java:338)`, `at x.Y.z(Native Method)`. */
  #frame(body: string, sourceLine: number): Taken {
    const thread = this.#thread;
    const open = body.lastIndexOf('(');
    if (thread === undefined || open < 0) return false;
    const { store } = this.around;
    const place = body.slice(open + 1, body.endsWith(')') ? -1 : undefined);
    const slash = place.lastIndexOf('/');
    const { file, line } = fileAndLine(place.slice(slash + 1));
    const isNative = file === 'Native Method';
    if (thread.length === 0 && thread.said?.startsWith('RUNNABLE') && !isNative) thread.state = 'R';
    const frame: Frame = {
      function: store.keep(body.slice(3, open)),
      ...(slash < 0 ? {} : { module: store.keep(place.slice(0, slash)) }),
      ...(isNative || file === 'Unknown Source' ? {} : { file: store.keep(file) }),
      ...(line === undefined ? {} : { line }),
      runtime: 'native',
      sourceLine,
    };
    thread.add(frame);
    return true;
  }

  #deadlock(body: string): boolean {
    if (!/^Found (?:one|\d+) (?:Java-level )?deadlocks?[.:]$/.test(body)) return false;
    const process = this.#processes.current;
    if (process === undefined) return false;
    this.interrupt();
    this.#inDeadlock = !body.endsWith('.');
    process.note(body.slice(0, -1));
    return true;
  }

  #inDeadlockSection({ body }: Line): Taken {
    if (this.#locks.takeDeadlock(body)) return true;
    if (/^(?:at |- |=+$|Java stack information for )/.test(body)) return skipReasons.chatter;
    if (!body.startsWith('"') && body !== '') this.#inDeadlock = false;
    return this.#inDeadlock ? skipReasons.chatter : false;
  }

  #endDump(): void {
    this.interrupt();
    this.#inDeadlock = false;
    const process = this.#processes.current;
    if (process !== undefined) this.#locks.resolve(process.threads);
    this.#locks = new JavaLocks();
  }
}

function isFiller(body: string): boolean {
  return /^(?:No compile task|Compiling: |JNI global ref|Threads class SMR info:|_java_thread_list=|0x[0-9a-f]{16}|\}$|Heap$|Carrying virtual thread|Mounted virtual thread)/.test(
    body,
  );
}

/**
 * One source of lines with its own readers: the whole text, or one rank, pod or worker of it. The lines of several
 * sources may alternate.
 */
import { EuStackReader } from './eu-stack.js';
import { FaulthandlerReader } from './faulthandler.js';
import type { DumpFormat } from './format.js';
import { GdbReader } from './gdb.js';
import { GoReader } from './go.js';
import { JstackReader } from './jstack.js';
import type { Line } from './line.js';
import { LldbReader } from './lldb.js';
import { MacosSampleReader } from './macos-sample.js';
import { ProcessDraft } from './process-draft.js';
import { PySpyReader } from './py-spy.js';
import { PystackReader } from './pystack.js';
import { skipReasons } from './skipped.js';
import type { Store } from './store.js';
import type { Surroundings, Taken, TextReader } from './text-reader.js';
import { TracebackReader } from './traceback.js';

/** In order of how unmistakable what they begin with is. */
const readers = [
  PySpyReader,
  PystackReader,
  FaulthandlerReader,
  GdbReader,
  EuStackReader,
  JstackReader,
  GoReader,
  LldbReader,
  MacosSampleReader,
  TracebackReader,
] as const;

/** What people put where they leave something out. */
const elision = /^[[(<]{0,2}(?:\.{3,}|…|snip\w*|cut\w*|truncated|omitted)[\])>]{0,2}$/i;
const frameLike = /^(?:#\d+ |File "|Thread |Current thread |\(C\) |\(Python\) |at |TID |goroutine |0x)/;
const sectionName = /^(?:node|rank|host|pod|process|worker|gpu|tp|pp|dp)[ _#-]?\w{0,40}:?$/i;

export class Lane implements Surroundings {
  heading: string | undefined;
  time: string | undefined;
  /** How many words of prefix the last line that was taken had. */
  prefixWords = 0;
  #active: TextReader | undefined;
  readonly #readers: readonly TextReader[];
  /** Those that may begin with a letter, by its code. */
  readonly #byLetter: readonly (readonly TextReader[])[];
  readonly #rescuers: readonly TextReader[];
  /** Of the command that printed what follows. */
  #pid = 0;
  #lead: { text: string; number: number } | undefined;
  #blankLines = 0;
  #lastTaken: { number: number; indent: number } | undefined;
  #lastOther: Line | undefined;

  constructor(
    readonly store: Store,
    readonly source: string,
    only?: DumpFormat,
  ) {
    this.#readers = readers
      .map((Reader) => new Reader(this))
      .filter((reader) => only === undefined || reader.format === only);
    this.#byLetter = Array.from({ length: 128 }, (_, code) =>
      this.#readers.filter((reader) => reader.letters.includes(String.fromCharCode(code))),
    );
    this.#rescuers = this.#readers.filter((reader) => reader.rescues !== undefined);
  }

  lead(): { text: string; number: number } | undefined {
    return this.#blankLines <= 1 ? this.#lead : undefined;
  }

  /** The line before, without a prefix that only later lines tell to be one. */
  offerLead(text: string, number: number): void {
    this.#setLead({ body: text.trimStart(), number });
  }

  takeLead(): void {
    if (this.#lead !== undefined) this.store.skipped.takeBack(skipReasons.text);
    this.#lead = undefined;
  }

  open(format: DumpFormat, lineNumber: number): ProcessDraft {
    const process = new ProcessDraft(format, this.store, lineNumber);
    const label = [this.source, this.heading ?? ''].filter((part) => part !== '').join(', ');
    if (label !== '') process.label = label;
    process.takenAt = this.time ?? '';
    process.pid = this.#pid;
    this.#pid = 0;
    return process;
  }

  /** True when some reader has a use for the line, or knows why there is none. */
  take(line: Line): boolean {
    const taken = this.#offer(line);
    if (taken === false) return false;
    if (taken !== true) this.store.skipped.add(taken, line.number);
    this.#lead = undefined;
    this.#blankLines = 0;
    this.#lastTaken = { number: line.number, indent: line.indent };
    this.#lastOther = undefined;
    return true;
  }

  #offer(line: Line): Taken {
    const active = this.#active;
    if (active !== undefined && elision.test(line.body)) return active.continues({ ...line, body: '...' });
    const readers = this.#byLetter[line.body.charCodeAt(0)] ?? [];
    if (active !== undefined && readers.includes(active)) {
      const taken = active.begins(line);
      if (taken !== false) return taken;
    }
    for (const reader of readers) {
      const taken = reader !== active && reader.begins(line);
      if (taken !== false) return this.#switch(reader, taken);
    }
    const taken = active?.continues(line) ?? false;
    if (taken !== false) return taken;
    for (const reader of this.#rescuers) {
      const rescued = reader.rescues?.(line) ?? false;
      if (rescued !== false) return this.#switch(reader, rescued);
    }
    return false;
  }

  #switch(reader: TextReader, taken: Taken): Taken {
    if (reader !== this.#active) this.#active?.interrupt();
    this.#active = reader;
    return taken;
  }

  blank(): void {
    this.#active?.blank();
    this.#blankLines++;
  }

  /** A line that no reader took. */
  other(line: Line): void {
    const { body } = line;
    if (/^(?:```|~~~)[\w+-]{0,20}$/.test(body) || isTag(body)) {
      this.store.skipped.add(skipReasons.fence, line.number);
      this.#active?.interrupt();
      this.#lead = undefined;
      return;
    }
    this.store.skipped.add(skipReasons.text, line.number);
    this.#pid = pidOfCommand(body) ?? this.#pid;
    this.#lastOther = line;
    this.#active?.other(line);
    if (/^#{1,6} \S/.test(body)) {
      this.#active?.interrupt();
      this.heading = undefined;
    }
    if (body.length <= 60 && sectionName.test(body)) this.heading = this.store.keep(body.replace(/:$/, ''));
    this.#setLead(line);
  }

  #setLead({ body, number }: Pick<Line, 'body' | 'number'>): void {
    this.#lead = { text: body.slice(0, 300), number };
    this.#blankLines = 0;
  }

  /** True when the last line looks like one more line of a stack, but makes no sense: the text was cut inside of it. */
  get breaksOff(): boolean {
    const last = this.#lastOther;
    const taken = this.#lastTaken;
    if (last === undefined || taken === undefined || last.number !== taken.number + 1) return false;
    return (
      frameLike.test(last.body) ||
      (last.indent > 0 && last.indent === taken.indent && !last.body.includes(' '))
    );
  }

  close(isCut: boolean): void {
    for (const reader of this.#readers) reader.close(isCut && reader === this.#active);
  }
}

function isTag(body: string): boolean {
  return /^<\/?(?:details|summary|pre|code|p|div|blockquote|br|b|h\d)\b[^>]{0,100}>/i.test(body);
}

/** `py-spy dump -p 123`, `gdb -p 123`, `pystack remote 123`, `jstack 123`: who is dumped below. */
function pidOfCommand(body: string): number | undefined {
  if (body.length > 300 || !/py-spy|gdb|stack|jcmd/.test(body)) return undefined;
  const found =
    /(?:py-spy dump|gdb|eu-stack)\b.{0,200}? (?:-p|--pid)[ =]?(\d{1,10})\b/.exec(body) ??
    /(?:pystack remote|jstack|jcmd|gstack|pstack)(?: -\w+)? (\d{1,10})\b/.exec(body);
  return found === null ? undefined : Number(found[1]);
}

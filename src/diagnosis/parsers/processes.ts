import type { DumpFormat } from './format.js';
import type { ProcessDraft } from './process-draft.js';
import type { Surroundings } from './text-reader.js';

/** The processes, or samples of one, that a reader found; finished together, as some headings come late. */
export class Processes {
  current: ProcessDraft | undefined;
  #all: ProcessDraft[] = [];

  constructor(
    readonly format: DumpFormat,
    readonly around: Surroundings,
  ) {}

  open(lineNumber: number): ProcessDraft {
    // A heading without a thread below it is no process.
    if (this.current?.threads.length === 0) this.#all.pop()?.finish();
    this.current = this.around.open(this.format, lineNumber);
    this.#all.push(this.current);
    return this.current;
  }

  /** The current one, or a first one. */
  ensure(lineNumber: number): ProcessDraft {
    return this.current ?? this.open(lineNumber);
  }

  finish(): void {
    for (const process of this.#all) process.finish();
    this.#all = [];
    this.current = undefined;
  }
}

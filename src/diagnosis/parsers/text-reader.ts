import type { DumpFormat } from './format.js';
import type { Line } from './line.js';
import type { ProcessDraft } from './process-draft.js';
import type { Store } from './store.js';

/** `true`: the line is part of the dump. A string: it belongs to this format, but says nothing; the string says why. */
export type Taken = boolean | string;

/** What a reader knows of the text around its lines. */
export interface Surroundings {
  readonly store: Store;
  /** Of the prefix of the lines, e.g. `rank0`. */
  readonly source: string;
  /** The last heading or prose line before the current one, while at most one blank line stands between them. */
  lead(): { text: string; number: number } | undefined;
  /** Uses up the lead: it was a heading. */
  takeLead(): void;
  /** Text of the nearest Markdown heading, or of a line such as `Node 48:`. */
  readonly heading: string | undefined;
  /** ISO 8601, from the prefix of the current line. */
  readonly time: string | undefined;
  open(format: DumpFormat, lineNumber: number): ProcessDraft;
}

/**
 * Reads one format, line by line. The reader that took the last line is asked first, then all others in a fixed order,
 * and only then whether the first one can make sense of the line at all: what begins something in a format is always
 * unmistakable, what goes on need not be.
 */
export interface TextReader {
  readonly format: DumpFormat;
  /** What the lines that it may begin with start with: spares it all others. */
  readonly letters: string;
  begins(line: Line): Taken;
  continues(line: Line): Taken;
  /** Takes a line that nobody else has a use for. */
  rescues?(line: Line): Taken;
  /** A blank line. */
  blank(): void;
  /** A line that nobody took. */
  other(line: Line): void;
  /** A Markdown fence, a heading or another format: what comes next belongs to no open thread. */
  interrupt(): void;
  /** `isCut`: the text breaks off here. */
  close(isCut: boolean): void;
}

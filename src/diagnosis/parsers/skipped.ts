/** Counts what was not used, by reason: whoever reads a verdict must be able to see what it did not rest on. */
export interface SkipReason {
  reason: string;
  lines: number;
  /** From 1. */
  firstLine: number;
}

export interface Skipped {
  lines: number;
  /** Most lines first. */
  reasons: SkipReason[];
}

export class SkipCounter {
  readonly #reasons = new Map<string, SkipReason>();
  #latest = 0;

  /** A line is counted once: a record of a structured log can hold several lines of text. */
  add(reason: string, lineNumber: number, lines = 1): void {
    if (lines === 1 && lineNumber === this.#latest) return;
    this.#latest = lineNumber;
    const known = this.#reasons.get(reason);
    if (known === undefined) this.#reasons.set(reason, { reason, lines, firstLine: lineNumber });
    else known.lines += lines;
  }

  /** A line that first meant nothing turned out to be a heading. */
  takeBack(reason: string): void {
    this.#latest = 0;
    const known = this.#reasons.get(reason);
    if (known === undefined) return;
    known.lines--;
    if (known.lines === 0) this.#reasons.delete(reason);
  }

  result(): Skipped {
    const reasons = [...this.#reasons.values()].sort(
      (a, b) => b.lines - a.lines || a.firstLine - b.firstLine,
    );
    return { lines: reasons.reduce((sum, each) => sum + each.lines, 0), reasons };
  }
}

export const skipReasons = {
  text: 'text around the dump',
  fence: 'Markdown and HTML around the dump',
  chatter: 'messages of the tool',
  source: 'source code',
  values: 'local variables and printed values',
  exception: 'traceback of an exception, not of a waiting thread',
  cut: 'a line that was cut off',
  json: 'JSON that is no dump',
  tooMany: 'threads or frames above the limit',
} as const;

import { isJsonStart } from './json-dumps.js';
import { limits } from './limits.js';

/** Cuts chunks of any size into lines, and keeps no more of a line without an end than a reader would use. */
export class LineSplitter {
  /** The text so far ends inside of a line. */
  #endsInside = false;
  #rest = '';
  /** The rest of the line is dropped. */
  #isFull = false;

  constructor(readonly onLine: (line: string) => void) {}

  push(chunk: string): void {
    let start = 0;
    for (let end = chunk.indexOf('\n'); end >= 0; end = chunk.indexOf('\n', start)) {
      this.#append(chunk.slice(start, end));
      this.#emit();
      start = end + 1;
    }
    if (start < chunk.length) this.#append(chunk.slice(start));
    if (chunk !== '') this.#endsInside = start < chunk.length;
  }

  end(): void {
    if (this.#endsInside) this.#emit();
  }

  #append(part: string): void {
    if (this.#isFull) return;
    this.#rest = this.#rest === '' ? part : this.#rest + part;
    if (this.#rest.length <= limits.line) return;
    const limit = isJsonStart(this.#rest) ? limits.json : limits.line + 1;
    if (this.#rest.length < limit) return;
    this.#rest = this.#rest.slice(0, limit);
    this.#isFull = true;
  }

  #emit(): void {
    const line = this.#rest;
    this.#rest = '';
    this.#isFull = false;
    this.onLine(line);
  }
}

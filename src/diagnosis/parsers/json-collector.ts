/** Gathers the lines of one JSON document, and notices early when they are none: braces stand in much that is no JSON. */
import { limits } from './limits.js';

export type Collected = 'more' | 'whole' | 'none' | 'too long';

export class JsonCollector {
  readonly lines: string[] = [];
  readonly firstLine: number;
  #depth = 0;
  #length = 0;
  /** The last character outside of strings that is no blank. */
  #last = '';

  constructor(firstLine: number) {
    this.firstLine = firstLine;
  }

  get text(): string {
    return this.lines.join('\n');
  }

  add(line: string): Collected {
    this.#length += line.length + 1;
    if (this.#length > limits.json) return 'too long';
    this.lines.push(line);
    let inString = false;
    for (let at = 0; at < line.length; at++) {
      const letter = line[at] ?? '';
      if (inString) {
        if (letter === '\\') at++;
        else if (letter === '"') inString = false;
        continue;
      }
      if (letter === ' ' || letter === '\t') continue;
      if (!follows(this.#last, letter)) return 'none';
      this.#last = letter;
      if (letter === '"') inString = true;
      else if (letter === '{' || letter === '[') this.#depth++;
      else if ((letter === '}' || letter === ']') && --this.#depth === 0) {
        return line.slice(at + 1).trim() === '' ? 'whole' : 'none';
      }
    }
    // JSON has no strings of several lines; a string that is cut off ends the text.
    if (inString) this.#last = 'open';
    return 'more';
  }
}

/** Not the grammar, only enough of it to refuse C, Python and prose at their first line. */
function follows(last: string, letter: string): boolean {
  if (last === 'open') return false;
  if (last === '{') return letter === '"' || letter === '}';
  if (last === '[') return /["{[\]\dtfn-]/.test(letter);
  return /["{}[\],:\dtruefalsnE.+-]/.test(letter);
}

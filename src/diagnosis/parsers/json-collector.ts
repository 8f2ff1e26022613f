/** Gathers the lines of one JSON document, and notices early when they are none: braces stand in much that is no JSON. */
import { limits } from './limits.js';

export type Collected = 'more' | 'whole' | 'none' | 'too long';

export class JsonCollector {
  readonly lines: string[] = [];
  readonly firstLine: number;
  #depth = 0;
  #length = 0;
  /** The last character outside of strings that is no blank, by its code; 0 before the first. */
  #last = 0;

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
      const code = line.charCodeAt(at);
      if (inString) {
        if (code === backslash) at++;
        else if (code === quote) inString = false;
        continue;
      }
      if (code === 0x20 || code === 0x09 || code === 0x0d) continue;
      if (!follows(this.#last, code)) return 'none';
      this.#last = code;
      if (code === quote) inString = true;
      else if (code === openBrace || code === openBracket) this.#depth++;
      else if ((code === closeBrace || code === closeBracket) && --this.#depth === 0) {
        return line.slice(at + 1).trim() === '' ? 'whole' : 'none';
      }
    }
    // JSON has no strings of several lines; a string that is cut off ends the text.
    if (inString) this.#last = cutString;
    return 'more';
  }
}

const quote = 0x22;
const backslash = 0x5c;
const openBrace = 0x7b;
const closeBrace = 0x7d;
const openBracket = 0x5b;
const closeBracket = 0x5d;
const cutString = -1;

const codes = (letters: string): ReadonlySet<number> =>
  new Set([...letters].map((each) => each.charCodeAt(0)));
const inObject = codes('"}');
const inArray = codes('"{[]0123456789tfn-');
const elsewhere = codes('"{}[],:0123456789truefalsnE.+-');

/** Not the grammar, only enough of it to refuse C, Python and prose at their first line. */
function follows(last: number, code: number): boolean {
  if (last === cutString) return false;
  if (last === openBrace) return inObject.has(code);
  return last === openBracket ? inArray.has(code) : elsewhere.has(code);
}

/**
 * Reads JSON and remembers in which line each object begins, which JSON.parse cannot. A text that breaks off gives
 * what was read up to there.
 */
export type Json = string | number | boolean | null | Json[] | { [key: string]: Json };
export type JsonObject = { [key: string]: Json };

export interface JsonText {
  value: Json;
  /** The text broke off, or went wrong, before its end. */
  isCut: boolean;
  /** The line in which an object begins, from 1. */
  lineOf(object: Json): number | undefined;
  /** The lines in which the items of an array begin, from 1. */
  linesOf(array: Json): readonly number[];
}

const deepest = 200;
/** What a number or a word ends at. */
const ends: ReadonlySet<number> = new Set([...' \t\r\n,:"{}[]'].map((each) => each.charCodeAt(0)));

export function parseJson(text: string, firstLine: number): JsonText {
  const parser = new Parser(text, firstLine);
  const value = parser.value(0);
  return {
    value,
    isCut: parser.isCut,
    lineOf: (object) => parser.lines.get(object),
    linesOf: (array) => parser.itemLines.get(array) ?? [],
  };
}

class Parser {
  readonly lines = new Map<Json, number>();
  readonly itemLines = new Map<Json, number[]>();
  isCut = false;
  #at = 0;
  #line: number;

  constructor(
    readonly text: string,
    firstLine: number,
  ) {
    this.#line = firstLine;
  }

  value(depth: number): Json {
    this.#skipBlanks();
    const letter = this.text[this.#at];
    if (letter === '"') return this.#string();
    if (letter === '{' && depth < deepest) return this.#object(depth);
    if (letter === '[' && depth < deepest) return this.#array(depth);
    return this.#word();
  }

  #object(depth: number): Json {
    const object: JsonObject = {};
    this.lines.set(object, this.#line);
    this.#at++;
    for (;;) {
      this.#skipBlanks();
      if (this.text[this.#at] === '}') break;
      if (this.text[this.#at] !== '"') return this.#cut(object);
      const key = this.#string();
      this.#skipBlanks();
      if (this.text[this.#at] !== ':') return this.#cut(object);
      this.#at++;
      const value = this.value(depth + 1);
      if (key !== '__proto__') object[key] = value;
      if (this.isCut || !this.#comma('}')) return object;
    }
    this.#at++;
    return object;
  }

  #array(depth: number): Json {
    const array: Json[] = [];
    const lines: number[] = [];
    this.itemLines.set(array, lines);
    this.#at++;
    for (;;) {
      this.#skipBlanks();
      if (this.text[this.#at] === ']') break;
      if (this.#at >= this.text.length) return this.#cut(array);
      lines.push(this.#line);
      array.push(this.value(depth + 1));
      if (this.isCut || !this.#comma(']')) return array;
    }
    this.#at++;
    return array;
  }

  /** True after a comma and before the closing bracket; anything else ends the text. */
  #comma(close: string): boolean {
    this.#skipBlanks();
    const letter = this.text[this.#at];
    if (letter === ',') this.#at++;
    else if (letter !== close) this.isCut = true;
    return !this.isCut;
  }

  #string(): string {
    const start = this.#at;
    let at = this.text.indexOf('"', start + 1);
    while (at >= 0 && this.#isEscaped(at)) at = this.text.indexOf('"', at + 1);
    const isWhole = at >= 0;
    if (!isWhole) at = this.text.length;
    this.#at = Math.min(at + 1, this.text.length);
    if (!isWhole) this.isCut = true;
    const plain = this.text.slice(start + 1, at);
    if (!plain.includes('\\') || !isWhole) return plain;
    try {
      return String(JSON.parse(`"${plain}"`));
    } catch {
      return plain;
    }
  }

  /** A quote after an odd number of backslashes belongs to the string. */
  #isEscaped(at: number): boolean {
    let before = at - 1;
    while (this.text.charCodeAt(before) === 0x5c) before--;
    return (at - before) % 2 === 0;
  }

  #word(): Json {
    const start = this.#at;
    while (this.#at < this.text.length && !ends.has(this.text.charCodeAt(this.#at))) this.#at++;
    const word = this.text.slice(start, this.#at);
    if (word === 'true' || word === 'false') return word === 'true';
    const number = Number(word);
    if (word === '' || this.#at >= this.text.length) this.isCut = true;
    return word === '' || word === 'null' || !Number.isFinite(number) ? null : number;
  }

  #cut<T extends Json>(value: T): T {
    this.isCut = true;
    return value;
  }

  #skipBlanks(): void {
    for (; this.#at < this.text.length; this.#at++) {
      const code = this.text.charCodeAt(this.#at);
      if (code === 0x0a) this.#line++;
      else if (code !== 0x20 && code !== 0x09 && code !== 0x0d) return;
    }
  }
}

export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function listOf(value: Json | undefined): readonly Json[] {
  return Array.isArray(value) ? value : [];
}

export function objectsOf(value: Json | undefined): JsonObject[] {
  return listOf(value).filter(isObject);
}

export function textOf(value: Json | undefined): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

export function numberOf(value: Json | undefined): number | undefined {
  return typeof value === 'number' ? value : undefined;
}

/** Ids, counts and line numbers; a text can hold any other number. */
export function wholeOf(value: Json | undefined): number | undefined {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : undefined;
}

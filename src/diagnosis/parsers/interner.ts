import { limits } from './limits.js';

/** JSON can hold what lines of text cannot: a name must not steer the terminal that it is printed on. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
const control = /[\x00-\x1f\x7f-\x9f]/;
const controls = new RegExp(control, 'g');

/**
 * Keeps one copy of each name. A dump repeats a few names a million times, and a piece of a line would keep the whole
 * chunk of the file alive that it was cut from.
 */
export class Interner {
  readonly #known = new Map<string, string>();
  #room: number = limits.characters;

  get isFull(): boolean {
    return this.#room <= 0;
  }

  keep(text: string): string {
    const known = this.#known.get(text);
    if (known !== undefined) return known;
    if (control.test(text)) return this.keep(text.replaceAll(controls, ' '));
    if (text.length > limits.name) return this.keep(`${text.slice(0, limits.name - 1)}…`);
    const copy = ownCopy(this.isFull ? text.slice(0, 80) : text);
    if (this.isFull) return copy;
    this.#room -= copy.length;
    this.#known.set(copy, copy);
    return copy;
  }
}

/** V8 cuts strings without copying; only a detour through bytes lets go of the text they were cut from. */
export function ownCopy(text: string): string {
  return text.length < 13 ? text : Buffer.from(text, 'utf8').toString('utf8');
}

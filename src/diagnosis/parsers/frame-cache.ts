import type { Frame } from '../process-dump.js';
import { ownCopy } from './interner.js';
import { makeFrame } from './make-frame.js';

const mostEntries = 20_000;
const longestText = 600;
/** So many lookups are watched before it is decided whether remembering pays. */
const trial = 20_000;

/** Remembers what a line of a frame means: dumps of large pools repeat the same few thousand lines a million times. */
export class FrameCache {
  readonly #known = new Map<string, Frame>();
  #lookups = 0;
  #hits = 0;

  frame(text: string, sourceLine: number, parse: () => Frame | undefined): Frame | undefined {
    if (text.length > longestText || this.#isUseless()) return parse();
    this.#lookups++;
    const known = this.#known.get(text);
    if (known !== undefined) {
      this.#hits++;
      return copyAt(known, sourceLine);
    }
    const frame = parse();
    if (frame === undefined) return undefined;
    if (this.#known.size >= mostEntries) this.#known.clear();
    this.#known.set(ownCopy(text), frame);
    return frame;
  }

  #isUseless(): boolean {
    return this.#lookups >= trial && this.#hits * 4 < this.#lookups;
  }
}

function copyAt(frame: Frame, sourceLine: number): Frame {
  const { runtime, pc, function: name, module, file, line, args } = frame;
  return makeFrame({ runtime, pc, function: name, module, file, line, args, sourceLine });
}

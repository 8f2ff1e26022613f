import type { Frame } from '../process-dump.js';
import { limits } from './limits.js';

export type FrameOrder = 'innermost-first' | 'outermost-first';

/** Collects one stack in the order in which the text gives it, and keeps both ends of a deep one. */
export class FrameWindow {
  leftOut = 0;
  readonly #first: Frame[] = [];
  /** A ring once it is full: `#next` is the oldest. */
  readonly #last: Frame[] = [];
  #next = 0;
  readonly #firstLimit: number;
  readonly #lastLimit: number;

  constructor(readonly order: FrameOrder) {
    const innermostFirst = order === 'innermost-first';
    this.#firstLimit = innermostFirst ? limits.innermost : limits.outermost;
    this.#lastLimit = innermostFirst ? limits.outermost : limits.innermost;
  }

  get length(): number {
    return this.#first.length + this.#last.length;
  }

  /** The frame that was added last. */
  get latest(): Frame | undefined {
    if (this.#last.length === 0) return this.#first.at(-1);
    return this.#last.length < this.#lastLimit
      ? this.#last.at(-1)
      : this.#last[(this.#next + this.#lastLimit - 1) % this.#lastLimit];
  }

  add(frame: Frame): void {
    if (this.#first.length < this.#firstLimit) this.#first.push(frame);
    else if (this.#last.length < this.#lastLimit) this.#last.push(frame);
    else {
      this.#last[this.#next] = frame;
      this.#next = (this.#next + 1) % this.#lastLimit;
      this.leftOut++;
    }
  }

  /** Innermost first, whatever the order was. */
  frames(): Frame[] {
    const frames = [...this.#first, ...this.#last.slice(this.#next), ...this.#last.slice(0, this.#next)];
    return this.order === 'innermost-first' ? frames : frames.reverse();
  }
}

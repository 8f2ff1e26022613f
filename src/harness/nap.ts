/** A pause that can be cut short. One sleeper at a time. */
export class Nap {
  #timer?: NodeJS.Timeout;
  #end?: () => void;
  #woken = false;

  /** Resolves after `ms`, or on `wake`, or at once when `wake` was called since the last nap. */
  async wait(ms: number): Promise<void> {
    if (!this.#woken) {
      await new Promise<void>((resolve) => {
        this.#end = resolve;
        this.#timer = setTimeout(resolve, ms);
      });
      clearTimeout(this.#timer);
    }
    this.#woken = false;
  }

  wake(): void {
    this.#woken = true;
    this.#end?.();
  }
}

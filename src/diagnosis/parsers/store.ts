import type { Frame, ProcessDump } from '../process-dump.js';
import { FrameCache } from './frame-cache.js';
import { Interner } from './interner.js';
import { limits } from './limits.js';
import { SkipCounter, skipReasons } from './skipped.js';

/** What is read so far, and what room is left: shared by all readers of one text. */
export class Store {
  readonly dumps: ProcessDump[] = [];
  readonly skipped = new SkipCounter();
  readonly warnings = new Set<string>();
  readonly frameCache = new FrameCache();
  readonly #names = new Interner();
  readonly #stacks = new Map<number, { frames: Frame[]; tid: number }>();
  #threads = 0;
  #frames = 0;

  keep(text: string): string {
    return this.#names.keep(text);
  }

  /** The same for a part of a frame: once there is no room for frames, nothing is worth keeping. */
  keepPart(text: string | undefined): string | undefined {
    if (text === undefined || text === '' || this.#frames >= limits.frames) return undefined;
    return this.#names.keep(text);
  }

  admitThread(lineNumber: number): boolean {
    if (++this.#threads <= limits.threads) return true;
    this.skipped.add(skipReasons.tooMany, lineNumber);
    if (this.#threads === limits.threads + 1) {
      this.warnings.add(`Only the first ${limits.threads} threads were read.`);
    }
    return false;
  }

  admitFrame(): boolean {
    if (this.#frames < limits.frames) {
      this.#frames++;
      return true;
    }
    this.warnings.add(`Only the first ${limits.frames} frames were kept.`);
    return false;
  }

  /** The frames themselves while there are few; later on the list of an earlier thread that is equal. */
  share(frames: Frame[], tid: number): { frames: Frame[]; sameStackAs?: number } {
    if (this.#frames < limits.ownFrames || frames.length === 0) return { frames };
    const key = hashOf(frames);
    const known = this.#stacks.get(key);
    if (known !== undefined && equal(known.frames, frames)) {
      this.#frames -= frames.length;
      return { frames: known.frames, sameStackAs: known.tid };
    }
    this.#stacks.set(key, { frames, tid });
    return { frames };
  }
}

function equal(one: readonly Frame[], other: readonly Frame[]): boolean {
  return one.length === other.length && one.every((frame, at) => sameFrame(frame, other[at]));
}

export function sameFrame(one: Frame, other: Frame | undefined): boolean {
  return (
    one.function === other?.function &&
    one.pc === other?.pc &&
    one.line === other?.line &&
    one.file === other?.file &&
    one.module === other?.module &&
    one.args === other?.args
  );
}

/** Collisions only cost sharing: equal() decides. */
function hashOf(frames: readonly Frame[]): number {
  let hash = frames.length;
  for (const { function: name = '', pc = '', line = 0 } of frames) {
    hash = (Math.imul(hash, 31) + line + name.length) | 0;
    for (let at = 0; at < name.length && at < 24; at++)
      hash = (Math.imul(hash, 31) + name.charCodeAt(at)) | 0;
    for (let at = Math.max(0, pc.length - 6); at < pc.length; at++)
      hash = (Math.imul(hash, 31) + pc.charCodeAt(at)) | 0;
  }
  return hash;
}

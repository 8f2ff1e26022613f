/** Which lock a stack stands at, as far as a debugger's arguments or the caller's name tell. */

import { sayFrame } from '../frames.js';
import type { Frame } from '../process-dump.js';

/** Arguments that are the lock itself, by the names that libraries give them. */
const lockArgument =
  /(?:^|[ (,])(?:mutex|__?mutex|rwlock|__?rwlock|lock|__?lock|spin|this|l|w|m|mu|sem|futex)=(?:\w+@entry=)?(0x[0-9a-f]+)(?: <([^>]+)>)?/i;
/** python-gdb names the object whose method is called. */
const objectAddress = /^<built-in method \w+ of _thread\.\w+ object at (?:remote )?(0x[0-9a-f]+)/;
/** Goroutine dumps print a method's receiver first: `(0xc0000b4008, ...)`. */
const receiver = /^\(?(0x[0-9a-f]{6,})/;

/** How many frames beyond the one a rule speaks of may still name its lock. */
const reach = 2;

/** Fills `{lock}`, `{module}`, `{function}` and `{outside}` of a rule's resource. */
export function fillResource(template: string, frames: readonly Frame[], at: number): string {
  if (!template.includes('{')) return template;
  const frame = frames[at];
  return template
    .replace(
      '{lock}',
      () => lockAt(frames, at) ?? `taken in ${sayFrame(takerOf(frames, at) ?? frame ?? noFrame)}`,
    )
    .replace('{module}', () => libraryOf(frame?.module) ?? sayFrame(frame ?? noFrame))
    .replace('{function}', () => sayFrame(frame ?? noFrame))
    .replace('{outside}', () => sayFrame(frames[at + 1] ?? frame ?? noFrame));
}

/** Whoever takes the lock, past the functions of the lock itself. */
function takerOf(frames: readonly Frame[], at: number): Frame | undefined {
  return frames.slice(at + 1).find((frame) => !/lock|mutex|once/i.test(frame.function ?? 'lock'));
}

const noFrame: Frame = { runtime: 'native' };

/** The lock's variable or address, e.g. `write_mutex`; undefined when no argument tells. */
function lockAt(frames: readonly Frame[], at: number): string | undefined {
  for (const frame of frames.slice(0, at + reach)) {
    const found =
      lockArgument.exec(frame.args ?? '') ??
      receiver.exec(frame.args ?? '') ??
      objectAddress.exec(frame.function ?? '');
    if (found !== null) return found[2] ?? found[1];
  }
  return undefined;
}

/** `libhdf5.so.200` is `libhdf5`; undefined for a program, whose name says nothing about a lock in it. */
export function libraryOf(module: string | undefined): string | undefined {
  const name = /^(.+?)\.(so|dylib|dll|node)\b/.exec(module ?? '')?.[1];
  return name?.replace(/\.(cpython|abi3).*$/, '');
}

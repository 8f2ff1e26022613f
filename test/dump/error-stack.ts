/** Stacks as `Error.stack` prints them, in the terms of a dump. */
import type { Frame } from '../../src/diagnosis/process-dump.js';

export interface ToldFrame {
  name: string;
  /** `file:line:column`; absent for V8's builtins. */
  place?: string;
}

const withName = /^ {4}at (?<name>.+?) \((?<place>.+)\)$/;
const withoutName = /^ {4}at (?<place>.+)$/;
/** Text given to eval, and to the Function constructor, has no file. */
const evaluated = /^eval at .*, <anonymous>(?<position>:\d+:\d+)$/;

/** What the target said of itself. Functions that await are not on the stack any more: V8 adds them from promises. */
export function toldFrames(lines: readonly string[]): ToldFrame[] {
  return lines.filter((line) => !line.startsWith('    at async ')).map(toldFrame);
}

function toldFrame(line: string): ToldFrame {
  const { name = '', place = '' } = (withName.exec(line) ?? withoutName.exec(line))?.groups ?? {};
  if (place === '<anonymous>') return { name: plainName(name) };
  const position = evaluated.exec(place)?.groups?.position;
  return { name: plainName(name), place: position === undefined ? place : `<eval>${position}` };
}

/** Without what V8 reads off the receiver: `Object.run [as go]` and `new Run` are functions named `run` and `Run`. */
function plainName(name: string): string {
  return name.replace(/^new /, '').replace(/ \[as .*\]$/, '');
}

/** The same of a dump's frames; native ones have none. */
export function dumpedFrames(frames: readonly Frame[]): ToldFrame[] {
  return frames
    .filter((frame) => frame.runtime === 'js')
    .map(({ function: name = '', file, line, column }) => ({
      name,
      ...(file === undefined ? {} : { place: `${file}:${line}:${column}` }),
    }));
}

/** The frames that have a place, from the innermost one at `from` on. */
export function placesFrom(frames: readonly ToldFrame[], from: string | undefined): string[] {
  const places = frames.flatMap(({ place }) => (place === undefined ? [] : [place]));
  const first = places.indexOf(from ?? '');
  return first < 0 ? places : places.slice(first);
}

/** Is `name` what V8 made `told` of? */
export function sameName(name: string, told: string): boolean {
  if (name === told || told.endsWith(`.${name}`)) return true;
  // V8 looks on the receiver for the property that the function is, also for one whose name is computed or missing.
  return name === '<anonymous>' || name.endsWith(`.${told}`) || told.includes('[');
}

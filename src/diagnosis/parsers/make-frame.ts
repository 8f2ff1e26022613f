import type { Frame } from '../process-dump.js';

export type FrameParts = { [Key in keyof Frame]?: Frame[Key] | undefined } & Pick<Frame, 'runtime'>;

/** Leaves out what is undefined or empty. Written out, as a dump has millions of frames. */
export function makeFrame(parts: FrameParts): Frame {
  const frame: Frame = { runtime: parts.runtime };
  if (parts.pc) frame.pc = parts.pc;
  if (parts.function) frame.function = parts.function;
  if (parts.module) frame.module = parts.module;
  if (parts.file) frame.file = parts.file;
  if (parts.line) frame.line = parts.line;
  if (parts.args) frame.args = parts.args;
  if (parts.sourceLine) frame.sourceLine = parts.sourceLine;
  return frame;
}

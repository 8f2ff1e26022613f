/** Puts the Python frames of python-gdb's `py-bt` into the native stack of the same thread. */
import type { Frame } from '../process-dump.js';

const evaluation = /^_?PyEval_EvalFrame(Default|Ex)?$/;
const argument = /\bFrame 0x[0-9a-f]+, for file (.{1,300}?), line (\d+), in ([\w<>.]+) \(/;

/** `PyEval_EvalFrameEx (f=Frame 0x1, for file x.py, line 3, in f (...), ...)`, as python-gdb prints its argument. */
export function pythonOfArguments(
  { function: name = '' }: Frame,
  text: string,
): { file: string; line: number; function: string } | undefined {
  const found = evaluation.test(name) ? argument.exec(text) : null;
  if (found === null) return undefined;
  return { file: found[1] ?? '', line: Number(found[2]), function: found[3] ?? '' };
}

/**
 * Up to CPython 3.10 each Python frame has an evaluation of its own. From 3.11 on one evaluation runs several: then
 * only the innermost frames can be placed, and the rest stand outside of the last evaluation.
 */
export function mergePython(native: readonly Frame[], python: readonly Frame[]): Frame[] {
  if (python.length === 0) return [...native];
  if (native.length === 0) return [...python];
  const places = native.flatMap((frame, at) => (evaluation.test(frame.function ?? '') ? [at] : []));
  // Two inlined functions of one evaluation, as gcc splits them, count once.
  const evaluations = places.filter((at) => !places.includes(at - 1));
  if (evaluations.length === 0) return [...native, ...python];
  const merged: Frame[] = [];
  let next = 0;
  // What python-gdb shows of C functions stands further in than the innermost evaluation.
  const builtins = python.findIndex((frame) => frame.file !== undefined);
  for (const [at, frame] of native.entries()) {
    const turn = evaluations.indexOf(at);
    if (turn === 0 && builtins > 0) {
      merged.push(...python.slice(0, builtins));
      next = builtins;
    }
    merged.push(frame);
    if (turn < 0) continue;
    const end = turn === evaluations.length - 1 ? python.length : next + 1;
    merged.push(...python.slice(next, end));
    next = Math.max(next, end);
  }
  return merged;
}

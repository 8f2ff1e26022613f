import { Abort } from '../errors.js';
import { exitCodes } from '../exit-codes.js';
import type { RuntimeName } from '../scenario/manifest.js';
import { suggestName } from '../suggest.js';
import type { findPython, Python } from './python.js';

export const runtimeNames: readonly RuntimeName[] = ['js', 'python'];

export interface ChosenRuntimes {
  runtimes: RuntimeName[];
  python?: Python;
  /** What was left out and why. */
  warnings: string[];
}

/** @throws Abort (exit 2) */
export function parseRuntime(text: string): RuntimeName {
  const runtime = runtimeNames.find((name) => name === text);
  if (runtime !== undefined) return runtime;
  throw new Abort(`there is no runtime "${text}"`, exitCodes.usage, suggestName(text, runtimeNames));
}

/**
 * The runtimes to run: those asked for, or every one that this machine has.
 *
 * @throws Abort (exit 69) when Python was asked for, by name or by `--python`, and there is none that will do
 */
export async function chooseRuntimes(
  asked: readonly RuntimeName[],
  pythonFile: string | undefined,
  find: typeof findPython,
): Promise<ChosenRuntimes> {
  const runtimes = asked.length > 0 ? [...new Set(asked)] : [...runtimeNames];
  if (!runtimes.includes('python')) return { runtimes, warnings: [] };
  try {
    return { runtimes, python: await find(pythonFile), warnings: [] };
  } catch (error) {
    const isWish = asked.length > 0 || pythonFile !== undefined;
    if (isWish || !(error instanceof Abort)) throw error;
    const others = runtimes.filter((name) => name !== 'python');
    return { runtimes: others, warnings: [`Python is left out: ${error.message}.`] };
  }
}

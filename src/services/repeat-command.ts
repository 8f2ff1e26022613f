import { settingsToRepeat } from '../scenario/parameters.js';
import type { RunRequest } from './run-one.js';

/** Every run keeps to these unless told otherwise, so a command line need not repeat them. */
export const runDefaults = { iterations: 50, durationMs: 0 } as const;

/** The command line that makes the same run again. */
export function repeatCommand(request: RunRequest): string {
  const { scenario, variant, path, runtime, device, seed, iterations, durationMs } = request;
  const parts = ['kvtool', 'stress', scenario.id, '--variant', variant.name, '--path', path];
  parts.push('--runtime', runtime, '--device', device, '--seed', String(seed));
  if (runtime === 'python' && request.pythonFlag !== undefined) parts.push('--python', request.pythonFlag);
  if (iterations !== runDefaults.iterations) parts.push('--iterations', String(iterations));
  if (durationMs !== runDefaults.durationMs) parts.push('--duration', `${durationMs}ms`);
  for (const { name, value } of settingsToRepeat(scenario, variant, request.parameters)) {
    parts.push('--set', `${name}=${value}`);
  }
  return parts.map(quote).join(' ');
}

/** Quotes for a POSIX shell where it is needed. */
function quote(word: string): string {
  if (/^[\w./=:@%+,-]+$/.test(word)) return word;
  return `'${word.replaceAll("'", `'\\''`)}'`;
}

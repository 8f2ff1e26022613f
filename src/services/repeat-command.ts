import { settingsToRepeat } from '../scenario/parameters.js';
import { isUsualAmount, runDefaults } from './run-limits.js';
import type { RunRequest } from './run-one.js';

/** The command line that makes the same run again. */
export function repeatCommand(request: RunRequest): string {
  const { scenario, variant, path, runtime, device, seed, iterations, durationMs } = request;
  const parts = ['kvtool', 'stress', scenario.id, '--variant', variant.name, '--path', path];
  parts.push('--runtime', runtime, '--device', device, '--seed', String(seed));
  if (runtime === 'python' && request.pythonFlag !== undefined) parts.push('--python', request.pythonFlag);
  if (!isUsualAmount({ iterations, durationMs })) parts.push('--iterations', String(iterations));
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

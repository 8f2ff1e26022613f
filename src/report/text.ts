import type { ChalkInstance } from 'chalk';
import type { Style } from './colour.js';
import type { CheckReport, PathSummary, RunReport } from './report.js';

/** Indented text cannot open a log group in Buildkite by beginning with `---` or `+++`. */
export function indent(text: string, by = 2): string {
  return text.replaceAll(/^(?=.)/gm, ' '.repeat(by));
}

type AnyResult = RunReport['result'] | PathSummary['result'] | CheckReport['result'];

const good: readonly AnyResult[] = ['as-expected', 'pass'];
const doubtful: readonly AnyResult[] = ['inconclusive', 'interrupted', 'timeout'];

export function painter({ paint }: Style, result: AnyResult): ChalkInstance {
  if (good.includes(result)) return paint.green;
  return doubtful.includes(result) ? paint.yellow : paint.red;
}

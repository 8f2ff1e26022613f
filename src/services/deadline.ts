/** The overall deadline of a command: its own must strike before the pipeline's, or nobody gets a report. */
import { Abort } from '../errors.js';
import { exitCodes } from '../exit-codes.js';

export interface OverallDeadline {
  /** Milliseconds from the start of the command. */
  ms: number;
  /** Who set it, for messages. */
  source: string;
}

/** Time to stop the last run, write and upload the report. */
const marginMs = 60_000;
const leastMs = 30_000;

/**
 * @param flagMs what `--deadline` said
 * @param env BUILDKITE_TIMEOUT there is the step's timeout in minutes, or `false`
 */
export function overallDeadline(
  flagMs: number | undefined,
  env: NodeJS.ProcessEnv,
): OverallDeadline | undefined {
  if (flagMs === 0) throw new Abort('a deadline of 0 leaves no time to run anything', exitCodes.usage);
  if (flagMs !== undefined) return { ms: flagMs, source: '--deadline' };
  const minutes = Number(env.BUILDKITE_TIMEOUT || Number.NaN);
  if (!(minutes > 0)) return undefined;
  return { ms: Math.max(leastMs, minutes * 60_000 - marginMs), source: `BUILDKITE_TIMEOUT=${minutes}` };
}

/** The one document that every command prints under `--json`. */
import { exitCodes } from '../exit-codes.js';

export interface Document {
  schemaVersion: 1;
  command: string;
  status: Status;
  result: unknown;
  warnings: string[];
}

const statuses = {
  [exitCodes.clean]: 'ok',
  [exitCodes.bug]: 'error',
  [exitCodes.usage]: 'usage',
  [exitCodes.deadlock]: 'deadlock',
  [exitCodes.race]: 'race',
  [exitCodes.inconclusive]: 'inconclusive',
  [exitCodes.unavailable]: 'unavailable',
  [exitCodes.retry]: 'retry',
  [exitCodes.deadline]: 'timeout',
  [exitCodes.sigint]: 'interrupted',
  [exitCodes.sigterm]: 'interrupted',
} as const;

export type Status = (typeof statuses)[keyof typeof statuses];

/** The status says the same as the exit code, for readers that see only the document. */
export function statusOf(exitCode: number): Status {
  return isExitCode(exitCode) ? statuses[exitCode] : 'error';
}

function isExitCode(code: number): code is keyof typeof statuses {
  return code in statuses;
}

export function document(
  command: string,
  exitCode: number,
  result: unknown,
  warnings: readonly string[],
): Document {
  return { schemaVersion: 1, command, status: statusOf(exitCode), result, warnings: [...warnings] };
}

/** What a failed command has for a result. */
export interface Failure {
  message: string;
  exitCode: number;
  suggestions: string[];
  /** Only for bugs in kvtool. */
  stack?: string;
}

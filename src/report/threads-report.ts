import type { ModelJudgement } from '../model/judge.js';
import type { ThreadsLine } from '../model/lines.js';

/** What `kvtool stress --on threads` found of a scenario of the model. */
export interface ThreadsReport extends Omit<ThreadsLine, 'kind'> {
  schemaVersion: 1;
  command: 'stress';
  on: 'threads';
  /** Rounds; 0: until the time is over. */
  asked: number;
  judgement: ModelJudgement;
  /** The command line that has the delays of the failing round first; of the whole run where none failed. */
  repeat: string;
  exitCode: number;
  warnings: string[];
}

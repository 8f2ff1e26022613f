import type { Verdict } from '../diagnosis/verdict.js';
import type { ModelJudgement } from '../model/judge.js';
import type { MemoryModel, Subject, VariantLine } from '../model/lines.js';
import type { Comparison, Trace } from '../model/trace.js';

/** One variant of a scenario in the model. */
export interface VariantReport extends Omit<VariantLine, 'kind'> {
  judgement: ModelJudgement;
  /** Of a deadlock or a livelock. */
  verdict?: Verdict;
  /** The command that shows the failure again. */
  replay?: string;
}

/** What `kvtool explore` found. */
export interface ExploreReport {
  schemaVersion: 1;
  command: 'explore';
  seed: number;
  /** As asked for; absent: each scenario's own. */
  model?: MemoryModel;
  variants: VariantReport[];
  /** Variants that were asked for and not run, because the command was interrupted. */
  notRun: number;
  exitCode: number;
  warnings: string[];
}

/** What `kvtool replay` saw. */
export interface ReplayReport extends Subject {
  schemaVersion: 1;
  command: 'replay';
  schedule: string;
  trace: Trace;
  comparison?: Comparison;
  verdict?: Verdict;
  exitCode: number;
  warnings: string[];
}

import type { ModelJudgement } from '../model/judge.js';
import type { ModelFinding, Subject } from '../model/lines.js';
import type { Shard } from '../services/shards.js';

export interface FindingReport extends ModelFinding {
  replay: string;
}

/** What `kvtool stress --on model` found: one shard. */
export interface ShardReport extends Subject {
  schemaVersion: 1;
  command: 'stress';
  on: 'model';
  seed: number;
  shard: Shard;
  /** Number of its first execution; 0 executions asked for: until the time is over. */
  first: number;
  asked: number;
  executions: number;
  steps: number;
  /** Executions that did not end within the limit of steps. */
  unended: number;
  seconds: number;
  /** Everything that was asked for was run. */
  complete: boolean;
  findings: FindingReport[];
  /** Executions that failed in ways beyond those that are kept. */
  findingsNotKept: number;
  judgement: ModelJudgement;
  exitCode: number;
  warnings: string[];
}

/** What `kvtool report merge` makes of the files of all shards. */
export interface MergeReport extends Subject {
  schemaVersion: 1;
  command: 'report merge';
  seed: number;
  of: number;
  /** Numbers from 1. */
  missing: number[];
  /** Shards whose file has a beginning and no end, or that did not do all that was asked for. */
  broken: { shard: number; why: string }[];
  executions: number;
  steps: number;
  unended: number;
  findings: (FindingReport & { shards: number[] })[];
  judgement: ModelJudgement;
  exitCode: number;
  warnings: string[];
}

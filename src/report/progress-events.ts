/** What the services tell while they work. */
import type { HarnessEvent } from '../harness/supervisor.js';
import type { ProgressLine } from '../model/lines.js';
import type { Path, RuntimeName } from '../scenario/manifest.js';
import type { RunReport } from './report.js';
import type { LaneName, LaneReport, SeveralFinding } from './several-report.js';

/** Run `number` (from 1) of `of`. */
interface Which {
  number: number;
  of: number;
}

export type StressProgress =
  | ({ kind: 'run-started'; seed: number } & Which)
  | { kind: 'harness'; event: HarnessEvent }
  | ({ kind: 'run-ended'; report: RunReport } & Which);

/** The row of the check's table that a run belongs to. */
export interface Row {
  scenario: string;
  runtime: RuntimeName;
  path: Path;
}

export type CheckProgress =
  | { kind: 'note'; text: string }
  | ({ kind: 'run-started'; row: Row } & Which)
  | { kind: 'harness'; event: HarnessEvent }
  | ({ kind: 'run-ended'; row: Row; report: RunReport } & Which);

export interface ExplainProgress {
  file: string;
  /** Characters that are read. */
  done: number;
  /** Bytes of the whole, where known. */
  size?: number;
}

export type ExploreProgress =
  | { kind: 'started'; scenario: string; variant: string; number: number; of: number }
  | { kind: 'running'; line: ProgressLine };

/** Every time is in ms; `now`: work that the running slice has done. */
export type SeveralProgress =
  | { kind: 'running'; lane: LaneName; lanes: () => LaneReport[]; ms: number; ofMs?: number; now: number }
  | { kind: 'found'; lane: LaneName; finding: SeveralFinding };

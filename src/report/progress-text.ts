/** What goes on, in a line each: the last word of a spinner, or the lines of a log. */
import type { HarnessEvent } from '../harness/supervisor.js';
import type { ProgressLine } from '../model/lines.js';
import { sayDuration } from './format.js';
import type { Progress } from './progress.js';
import type {
  CheckProgress,
  ExplainProgress,
  ExploreProgress,
  Row,
  StressProgress,
} from './progress-events.js';
import type { RunReport } from './report.js';

export function showStress(event: StressProgress, progress: Progress): void {
  switch (event.kind) {
    case 'run-started':
      progress.update(`run ${event.number} of ${event.of}, seed ${event.seed}`);
      return;
    case 'harness':
      showHarness(event.event, progress);
      return;
    case 'run-ended':
      progress.note(`run ${event.number} of ${event.of}: ${sayRun(event.report)}`);
  }
}

export function showCheck(event: CheckProgress, progress: Progress): void {
  switch (event.kind) {
    case 'note':
      progress.note(event.text);
      return;
    case 'harness':
      showHarness(event.event, progress);
      return;
    case 'run-started':
      progress.update(`${sayRow(event.row)}: run ${event.number} of ${event.of}`);
      return;
    case 'run-ended':
      progress.note(`${sayRow(event.row)}: run ${event.number} of ${event.of}: ${sayRun(event.report)}`);
  }
}

export function showExplore(event: ExploreProgress, progress: Progress): void {
  if (event.kind === 'running') {
    showModel(event.line, progress);
    return;
  }
  const { scenario, variant, number, of } = event;
  progress.update(`${scenario} ${variant} (${number} of ${of})`);
}

export function showModel(
  { scenario, variant, phase, executions, seconds }: ProgressLine,
  progress: Progress,
): void {
  progress.update(
    `${scenario} ${variant}: ${phase}, ${executions} executions, ${sayDuration(seconds * 1000)}`,
  );
}

export function showDevice(
  { scenario, variant, made, seconds }: { scenario: string; variant: string; made: number; seconds: number },
  progress: Progress,
): void {
  progress.update(`${scenario} ${variant}: ${made} runs, ${sayDuration(seconds * 1000)}`);
}

export function showExplain({ file, done, size }: ExplainProgress, progress: Progress): void {
  const of = size === undefined ? '' : ` of ${megabytes(size)}`;
  progress.update(`reading ${file}: ${megabytes(done)}${of}`);
}

function megabytes(bytes: number): string {
  return `${Math.round(bytes / 1e6)} MB`;
}

function sayRow({ scenario, runtime, path }: Row): string {
  return `${scenario} ${runtime} ${path}`;
}

function sayRun({ ending, result, durationMs }: RunReport): string {
  return `${ending} after ${sayDuration(durationMs)}, ${result}`;
}

function showHarness(event: HarnessEvent, progress: Progress): void {
  if (event.kind === 'suspicion') {
    const cpu = event.busy ? 'but busy' : 'and no work';
    progress.update(`no progress for ${sayDuration(event.quietMs)}, ${cpu}: taking dumps`);
  }
  if (event.kind === 'dump-failed') progress.note(`${event.file}: ${event.reason}`);
}

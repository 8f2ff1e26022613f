/** What `kvtool deadlock-check` prints. */
import { checkTable, runsToDraw, sayVerdict } from './check-table.js';
import type { Style } from './colour.js';
import { drawCycle } from './cycle-drawing.js';
import { sayDuration } from './format.js';
import type { CheckReport } from './report.js';
import { table } from './table.js';
import { indent, painter } from './text.js';

export interface ConsoleCheckOptions extends Style {
  /** Begin with a Buildkite log group, open unless all is well. */
  groups?: boolean;
}

export function consoleCheck(report: CheckReport, options: ConsoleCheckOptions): string {
  const { paint, unicode, groups = false } = options;
  const parts: string[] = [];
  if (groups)
    parts.push(`${report.result === 'pass' ? '---' : '+++'} kvtool deadlock-check: ${report.result}`);
  const { columns, rows } = checkTable(report, unicode ? 'µs' : 'us', (path) =>
    painter(options, path.result)(sayVerdict(path)),
  );
  // A table's rule begins with dashes, which Buildkite would take for a group.
  parts.push(indent(table(columns, rows)));
  for (const { title, run } of runsToDraw(report)) {
    const { summary, cycle, cuts } = run.verdict;
    parts.push(`${paint.bold(title)}, confidence ${run.verdict.confidence}\n${indent(summary)}`);
    parts.push(indent(drawCycle(cycle, { unicode })));
    if (cuts[0] !== undefined) parts.push(`${paint.bold('cut')}  ${cuts[0]}\nrepeat with: ${run.repeat}`);
  }
  const notPassed = report.paths.filter((path) => path.result !== 'pass');
  for (const path of notPassed) {
    const mark = painter(options, path.result)(path.result);
    parts.push(`${path.scenario} ${path.runtime} ${path.path}: ${mark}\n${indent(path.because)}`);
  }
  for (const warning of report.warnings) parts.push(`${paint.yellow('warning')}  ${warning}`);
  parts.push(folders(report));
  const verdict = painter(options, report.result)(report.result.toUpperCase());
  parts.push(`${verdict}  ${report.summary}  (${sayDuration(report.durationMs)}, seed ${report.seed})`);
  return parts.join('\n\n');
}

function folders(report: CheckReport): string {
  const runs = report.paths.flatMap((path) => path.runs.map((run) => run.runFolder));
  return ['artefacts', ...[report.reportFile, ...runs].map((path) => `  ${path}`)].join('\n');
}

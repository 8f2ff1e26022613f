/** What `kvtool stress` prints. */
import type { Style } from './colour.js';
import { drawCycle } from './cycle-drawing.js';
import { count, sayDuration, sayMicros } from './format.js';
import type { RunReport } from './report.js';
import type { StressReport } from './stress-report.js';
import { table } from './table.js';
import { indent, painter } from './text.js';
import { verdictHead } from './verdict-head.js';

export function consoleStress(report: StressReport, style: Style): string {
  const { runs, notRun } = report;
  const parts = oneOfEachKind(runs).map((run) =>
    consoleRun(run, style, `run ${runs.indexOf(run) + 1} of ${runs.length}`),
  );
  if (runs.length > 1) parts.push(indent(runTable(runs, style)));
  if (notRun > 0) parts.push(`${count(notRun, 'run')} not made: interrupted.`);
  return parts.join('\n\n');
}

/** Fifty runs that show the same need one explanation. */
function oneOfEachKind(runs: readonly RunReport[]): RunReport[] {
  const kinds = new Map<string, RunReport>();
  for (const run of runs) {
    const kind = [run.ending, run.result, ...run.verdict.cycle.map((step) => step.waitsFor)].join('\n');
    if (!kinds.has(kind)) kinds.set(kind, run);
  }
  return [...kinds.values()];
}

function runTable(runs: readonly RunReport[], style: Style): string {
  const columns = [
    { title: 'run', align: 'right' as const },
    { title: 'seed', align: 'right' as const },
    { title: 'ending' },
    { title: 'time to deadlock', align: 'right' as const },
    { title: 'window opened', align: 'right' as const },
    { title: 'result' },
  ];
  const rows = runs.map((run, index) => [
    String(index + 1),
    String(run.seed),
    run.ending,
    run.timeToDeadlockMs === undefined ? '-' : sayDuration(run.timeToDeadlockMs),
    String(run.windowOpens),
    painter(style, run.result)(run.result),
  ]);
  return table(columns, rows);
}

function consoleRun(run: RunReport, style: Style, which: string): string {
  const { verdict } = run;
  const paint = painter(style, run.result);
  const title = `${run.scenario} ${run.variant}, ${run.path} path, ${run.runtimeVersion}, ${run.device}, seed ${run.seed} (${which})`;
  const parts = [
    style.paint.bold(title),
    indent(counterTable(run, style)),
    `${style.paint.bold('verdict')}  ${verdictHead(verdict, paint)}`,
    indent(verdict.summary),
  ];
  if (verdict.cycle.length > 0) parts.push(indent(drawCycle(verdict.cycle, style)));
  if (verdict.cuts.length > 0) parts.push(list('where to cut', verdict.cuts, style));
  if (verdict.unknowns.length > 0) parts.push(list('what this cannot show', verdict.unknowns, style));
  parts.push(`${style.paint.bold('expected')}  ${paint(run.result)}: ${run.because}`);
  if (run.warnings.length > 0) parts.push(list('warnings', run.warnings, style));
  parts.push(`run folder: ${run.runFolder}\nrepeat with: ${run.repeat}`);
  return parts.join('\n');
}

function counterTable(run: RunReport, { unicode }: Style): string {
  const micro = unicode ? 'µs' : 'us';
  const rows: [string, string][] = [
    ['ending', run.ending],
    ['duration', sayDuration(run.durationMs)],
    ['hazard window opened', `${run.windowOpens}`],
  ];
  if (run.timeToDeadlockMs !== undefined) rows.push(['time to deadlock', sayDuration(run.timeToDeadlockMs)]);
  if (run.stallToVerdictMs !== undefined)
    rows.push(['stall to verdict on disk', sayDuration(run.stallToVerdictMs)]);
  const { publishUs, deliverUs } = run.events;
  if (publishUs !== undefined) rows.push(['publishing costs, mean', `${sayMicros(publishUs)} ${micro}`]);
  if (deliverUs !== undefined) rows.push(['stream to subscriber, mean', `${sayMicros(deliverUs)} ${micro}`]);
  for (const [name, value] of Object.entries(run.counters)) {
    if (!name.endsWith('ns')) rows.push([name, String(value)]);
  }
  const gap = run.counters['heartbeat.max-gap-ns'];
  if (gap !== undefined) rows.push(['longest heartbeat gap', sayDuration(gap / 1e6)]);
  const clockError = run.counters['stamp.max-error-ns'];
  if (clockError !== undefined)
    rows.push(['GPU clock told within', `± ${sayMicros(clockError / 1000)} ${micro}`]);
  return table([{ title: 'counter' }, { title: 'value', align: 'right' }], rows);
}

function list(title: string, items: readonly string[], { paint }: Style): string {
  return [paint.bold(title), ...items.map((item, index) => `  ${index + 1}. ${item}`)].join('\n');
}

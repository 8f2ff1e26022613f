/** The rows of a check's table, for every output that has one. */
import { sayMicros, sayRange } from './format.js';
import type { CheckReport, PathSummary } from './report.js';
import type { Column } from './table.js';

interface Cell extends Column {
  of: (path: PathSummary) => string;
}

export interface CheckTable {
  columns: Column[];
  rows: string[][];
}

/** The scenario has a column only when there are several. */
export function checkTable(report: CheckReport, micro = 'µs', verdict = sayVerdict): CheckTable {
  const cells: Cell[] = [
    { title: 'runtime', of: (path) => path.runtime },
    { title: 'path', of: (path) => path.path },
    { title: 'runs', align: 'right', of: (path) => String(path.runs.length) },
    { title: 'deadlocks', align: 'right', of: (path) => String(path.deadlocks) },
    { title: 'time to deadlock', of: (path) => sayRange(path.timeToDeadlockMs) },
    { title: 'scheduled', align: 'right', of: ({ events }) => String(events.scheduled) },
    { title: 'delivered', align: 'right', of: ({ events }) => String(events.delivered) },
    { title: 'lost', align: 'right', of: ({ events }) => String(events.lost) },
    { title: `publish ${micro}`, align: 'right', of: ({ events }) => sayMicros(events.publishUs) },
    { title: `to subscriber ${micro}`, align: 'right', of: ({ events }) => sayMicros(events.deliverUs) },
    { title: 'verdict', of: verdict },
  ];
  const scenarios = new Set(report.paths.map((path) => path.scenario));
  if (scenarios.size > 1) cells.unshift({ title: 'scenario', of: (path) => path.scenario });
  return { columns: cells, rows: report.paths.map((path) => cells.map((cell) => cell.of(path))) };
}

/** `deadlocks, as it must` reads better than a bare `pass` beside a row of deadlocks. */
export function sayVerdict({ path, result }: PathSummary): string {
  if (result !== 'pass') return result;
  return path === 'callback' ? 'pass: deadlocks, as it must' : 'pass: survives';
}

/** One run per runtime and scenario whose cycle is worth drawing: a failure's if there is one, else the control's. */
export function runsToDraw(
  report: CheckReport,
): { title: string; run: CheckReport['paths'][number]['runs'][number] }[] {
  const drawn: ReturnType<typeof runsToDraw> = [];
  const groups = new Map<string, PathSummary[]>();
  for (const path of report.paths) {
    const key = `${path.scenario}, ${path.runtime}`;
    groups.set(key, [...(groups.get(key) ?? []), path]);
  }
  for (const [title, paths] of groups) {
    const runs = paths.toSorted((a, b) => rank(a) - rank(b)).flatMap((path) => path.runs);
    const run = runs.find((candidate) => candidate.verdict.cycle.length > 0);
    if (run !== undefined) drawn.push({ title: `${title}, ${run.path} path`, run });
  }
  return drawn;
}

function rank(path: PathSummary): number {
  return path.result === 'fail' ? 0 : 1;
}

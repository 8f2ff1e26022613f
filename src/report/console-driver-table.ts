/** What `kvtool driver-table` prints: the table, what it means, and where it differs from another. */
import type { Style } from './colour.js';
import type { Comparison, DriverTableReport, MeasuredCell } from './driver-table-report.js';
import { sayDuration } from './format.js';
import { table } from './table.js';
import { indent } from './text.js';

export function consoleDriverTable(report: DriverTableReport, style: Style): string {
  const { paint } = style;
  const parts = [`${paint.bold(report.deviceName)}  ${report.measuredAt}`];
  if (report.cells.length > 0) parts.push(matrix(report.cells, style), ...conclusion(report, style));
  for (const { blocker, first, second, why } of report.failed) {
    parts.push(`${paint.red('no answer')}  ${second}, after ${first}, behind a ${blocker}\n${indent(why)}`);
  }
  if (report.comparison !== undefined) parts.push(comparison(report.comparison, style));
  for (const warning of report.warnings) parts.push(`${paint.yellow('warning')}  ${warning}`);
  const { cells, failed, notRun } = report;
  const missing =
    failed.length + notRun === 0 ? '' : `, ${failed.length} without an answer, ${notRun} not run`;
  parts.push(`${cells.length} cells${missing}  (${sayDuration(report.durationMs)})`);
  return parts.join('\n\n');
}

interface Pair {
  blocker: string;
  first: string;
  firstBlocks: boolean;
}

/** One row for each second call, one column for each pair of blocker and first call, which a legend names. */
function matrix(cells: readonly MeasuredCell[], { paint, unicode }: Style): string {
  const pairs = new Map<string, Pair>();
  const answers = new Map<string, Map<string, boolean>>();
  for (const cell of cells) {
    const key = JSON.stringify([cell.blocker, cell.first]);
    if (!pairs.has(key)) pairs.set(key, cell);
    answers.set(cell.second, (answers.get(cell.second) ?? new Map()).set(key, cell.secondBlocks));
  }
  const keys = [...pairs.keys()];
  const mark = { true: paint.red('X'), false: paint.dim(unicode ? '·' : '.'), undefined: '?' };
  const columns = [{ title: 'second call (thread 2)' }, ...keys.map((_, at) => ({ title: label(at) }))];
  const rows = [...answers].map(([second, row]) => [second, ...keys.map((key) => mark[`${row.get(key)}`])]);
  const legend = [...pairs.values()].map(
    ({ blocker, first, firstBlocks }, at) =>
      `${label(at)}  behind a ${blocker}, thread 1: ${first}${firstBlocks ? ' (blocks)' : ''}`,
  );
  return `${table(columns, rows)}\n\nX: the second call blocks\n${legend.join('\n')}`;
}

/** a to z, then a1 and so on. */
function label(at: number): string {
  const letter = String.fromCharCode('a'.charCodeAt(0) + (at % 26));
  return at < 26 ? letter : `${letter}${Math.floor(at / 26)}`;
}

function conclusion({ conclusion: found, deviceName }: DriverTableReport, { paint }: Style): string[] {
  const parts = [
    `${paint.bold(`On ${deviceName}, while a host function is stuck, these calls block the calling thread:`)}\n` +
      bullets(found.blockTheirThread),
  ];
  for (const { first, blocked } of found.blockOthers) {
    parts.push(
      `${paint.bold(`and a thread that is blocked in "${first}" also blocks every other thread's:`)}\n${bullets(blocked)}`,
    );
  }
  parts.push(
    `Calling any of them with the GIL held, or on the JS thread, can deadlock: the host function may need that lock.`,
    `${paint.bold('These never blocked:')}\n${bullets(found.neverBlocked)}`,
  );
  return parts;
}

function bullets(names: readonly string[]): string {
  return names.length === 0 ? '  none' : names.map((name) => `  - ${name}`).join('\n');
}

function comparison(
  { file, compared, differences, onlyHere, onlyThere }: Comparison,
  { paint }: Style,
): string {
  const uncommon =
    onlyHere + onlyThere === 0 ? '' : ` (${onlyHere} cells only here, ${onlyThere} only there)`;
  if (differences.length === 0) {
    return `${paint.green('same')}  all ${compared} cells are as in ${file}${uncommon}`;
  }
  const lines = differences.map(
    ({ blocker, first, second, here, there }) =>
      `  - ${second}, after ${first}, behind a ${blocker}\n      here: ${here}; there: ${there}`,
  );
  return `${paint.yellow('differs')}  ${differences.length} of ${compared} cells from ${file}${uncommon}\n${lines.join('\n')}`;
}

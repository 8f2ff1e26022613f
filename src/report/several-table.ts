/** The table of `kvtool stress` on several variants, while they run and at the end. */
import type { Style } from './colour.js';
import { count, sayDuration } from './format.js';
import { type LaneReport, sayPlace } from './several-report.js';
import { type Column, table } from './table.js';
import { painter } from './text.js';

const columns: readonly Column[] = [
  { title: 'scenario' },
  { title: 'variant' },
  { title: 'on' },
  { title: 'work', align: 'right' },
  { title: 'a second', align: 'right' },
  { title: 'failed', align: 'right' },
  { title: 'first after', align: 'right' },
  { title: 'result' },
];

export function severalTable(lanes: readonly LaneReport[], style: Style): string {
  return table(
    columns,
    lanes.map((lane) => row(lane, style)),
  );
}

function row(lane: LaneReport, style: Style): string[] {
  const { scenario, variant, work, unit, rate, failures, timeToFirstFailureMs, result, slices } = lane;
  return [
    ...[scenario, variant, sayPlace(lane), count(work, unit), sayRate(rate), String(failures)],
    timeToFirstFailureMs === undefined ? '-' : sayDuration(timeToFirstFailureMs),
    slices === 0 ? '-' : painter(style, result)(result),
  ];
}

function sayRate(rate: number): string {
  return rate < 100 ? String(rate) : String(Math.round(rate));
}

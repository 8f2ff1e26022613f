/** `kvtool stress` on several variants while it runs: a table that lives on a terminal, else a line now and then. */

import type { Style } from './colour.js';
import { sayDuration } from './format.js';
import { nowAndThen } from './now-and-then.js';
import type { Progress } from './progress.js';
import type { SeveralProgress } from './progress-events.js';
import { type LaneReport, sayLane } from './several-report.js';
import { severalTable } from './several-table.js';
import { indent } from './text.js';

const tableEveryMs = 200;
const lineEveryMs = 5000;
/** Lines of the terminal that the table leaves to its titles, the line below and the prompt. */
const otherLines = 6;

type Running = Extract<SeveralProgress, { kind: 'running' }>;

/** @param rows of the terminal */
export function severalProgress(
  progress: Progress,
  style: Style,
  rows = 24,
): (event: SeveralProgress) => void {
  const show = progress.isLive
    ? nowAndThen(tableEveryMs, (event: Running) => progress.update(liveText(event, style, rows)))
    : nowAndThen(lineEveryMs, (event: Running) => progress.update(progressLine(event)));
  return (event) => {
    if (event.kind === 'running') show(event);
    else if (event.finding.result !== 'as-expected')
      progress.note(`${sayLane(event.lane)}: ${event.finding.result}: ${event.finding.because}`);
  };
}

export function progressLine({ lane, lanes, ms, ofMs, now }: Running): string {
  const all = lanes();
  const failed = all.filter(({ failures }) => failures > 0).length;
  const unexpected = all.reduce((sum, each) => sum + each.unexpected, 0);
  const run = all.filter(({ slices }) => slices > 0).length;
  const of = ofMs === undefined ? '' : ` of ${sayDuration(ofMs)}`;
  const here = now > 0 ? ` (${now} so far)` : '';
  return `${sayDuration(ms)}${of}: ${run} of ${all.length} variants run, ${failed} failed, ${unexpected} unexpected; now ${sayLane(lane)}${here}`;
}

/** What ran last, as much of it as the terminal holds. */
export function liveText(event: Running, style: Style, rows: number): string {
  const all = event.lanes();
  const at = all.findIndex((each) => sayLane(each) === sayLane(event.lane));
  const size = Math.max(1, rows - otherLines);
  const start = Math.max(0, Math.min(at - Math.floor(size / 2), all.length - size));
  const shown: LaneReport[] = all.slice(start, start + size);
  return `${progressLine(event)}\n${indent(severalTable(shown, style))}`;
}

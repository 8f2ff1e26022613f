/** What `kvtool stress` prints of several scenarios or variants. */
import type { Style } from './colour.js';
import { count, sayDuration } from './format.js';
import { type LaneReport, type SeveralReport, sayLane } from './several-report.js';
import { severalTable } from './several-table.js';
import { indent, painter } from './text.js';

export function consoleSeveral(report: SeveralReport, style: Style): string {
  const { variants, device, seed, durationMs, summary, warnings } = report;
  const title = `${count(variants.length, 'variant')}, ${device}, seed ${seed}, ${sayDuration(durationMs)}`;
  // What must be looked at stands last, where the reader's eyes are.
  const failed = variants
    .filter(({ findings }) => findings.length > 0)
    .sort((a, b) => Number(isBad(a)) - Number(isBad(b)));
  return [
    style.paint.bold(title),
    indent(severalTable(variants, style)),
    ...(failed.length > 0 ? [failed.map((lane) => findingText(lane, style)).join('\n')] : []),
    ...variants
      .filter((lane) => isBad(lane) && !failed.includes(lane))
      .map((lane) => `${sayLane(lane)}: ${lane.because}`),
    ...warnings.map((warning) => `warning: ${warning}`),
    summary,
  ].join('\n\n');
}

function isBad({ result }: LaneReport): boolean {
  return result === 'unexpected' || result === 'error';
}

/** One of each variant: the first that was not as expected, else the first. */
function findingText({ findings, findingsNotKept, ...lane }: LaneReport, style: Style): string {
  const shown = findings.find(({ result }) => result !== 'as-expected') ?? findings[0];
  if (shown === undefined) return '';
  const { result, because, repeat, runFolder } = shown;
  const others = findings.length - 1 + findingsNotKept;
  return [
    `${sayLane({ ...lane })}: ${painter(style, result)(result)}: ${because}${others > 0 ? ` And ${others} more.` : ''}`,
    ...(runFolder === undefined ? [] : [`  run folder: ${runFolder}`]),
    `  repeat with: ${repeat}`,
  ].join('\n');
}

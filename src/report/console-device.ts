/** What `kvtool stress --on device` prints. */
import type { Style } from './colour.js';
import { sayPairs, sayRaces } from './console-races.js';
import type { DeviceReport } from './device-report.js';
import { count, sayDuration } from './format.js';
import { indent, painter } from './text.js';

export function consoleDevice(report: DeviceReport, style: Style): string {
  const { scenario, variant, device, facts, pairs, races = [], judgement, runs } = report;
  return [
    style.paint.bold(`${scenario} ${variant}, ${device}`),
    ...Object.entries(facts).map(([name, value]) => `  ${name}: ${value}`),
    ...(pairs === undefined ? [] : [`  ${sayPairs(pairs)}`]),
    ...(races.length === 0 ? [] : [indent(sayRaces(races))]),
    ...(runs === undefined ? [] : [`  ${sayRuns(runs)}`]),
    `${style.paint.bold('expected')}  ${painter(style, judgement.result)(judgement.result)}: ${judgement.because}`,
  ].join('\n');
}

function sayRuns({ made, failed, unexpected, seconds }: NonNullable<DeviceReport['runs']>): string {
  const rate = seconds > 0 ? `, ${Number((made / seconds).toFixed(1))} a second` : '';
  return `${count(made, 'run')} in ${sayDuration(seconds * 1000)}${rate}: ${failed} failed, ${unexpected} not as expected`;
}

/** What `kvtool stress --on device` prints. */
import type { Style } from './colour.js';
import type { DeviceReport } from './device-report.js';
import { painter } from './text.js';

export function consoleDevice(report: DeviceReport, style: Style): string {
  const { scenario, variant, device, facts, judgement } = report;
  return [
    style.paint.bold(`${scenario} ${variant}, ${device}`),
    ...Object.entries(facts).map(([name, value]) => `  ${name}: ${value}`),
    `${style.paint.bold('expected')}  ${painter(style, judgement.result)(judgement.result)}: ${judgement.because}`,
  ].join('\n');
}

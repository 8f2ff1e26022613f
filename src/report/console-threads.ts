/** What `kvtool stress --on threads` prints for a scenario of the model. */
import type { Style } from './colour.js';
import { count, sayDuration } from './format.js';
import { painter } from './text.js';
import type { ThreadsReport } from './threads-report.js';

export function consoleThreads(report: ThreadsReport, style: Style): string {
  const { scenario, variant, parameters, seed, rounds, seconds, judgement, broken } = report;
  const sizes = Object.entries(parameters).map(([name, value]) => `${name}=${value}`);
  return [
    style.paint.bold([`${scenario} ${variant} on real threads`, ...sizes, `seed ${seed}`].join(', ')),
    `  ${sayEnding(report)} after ${count(rounds, 'round')}, ${sayDuration(seconds * 1000)}`,
    ...broken.map((text) => `  ${text}`),
    `${style.paint.bold('expected')}  ${painter(style, judgement.result)(judgement.result)}: ${judgement.because}`,
    `repeat with  ${report.repeat}`,
  ].join('\n');
}

function sayEnding({ end, failingSeed }: ThreadsReport): string {
  const of = failingSeed === undefined ? '' : ` in the round of seed ${failingSeed}`;
  switch (end) {
    case 'done':
      return 'nothing failed';
    case 'hung':
      return `hangs${of}`;
    case 'broken':
      return `fails${of}`;
    case 'crashed':
      return `crashed${of}`;
  }
}

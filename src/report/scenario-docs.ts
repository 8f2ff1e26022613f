/** The part of docs/scenarios/ID.md that the explorer writes: what it found, without times. */
import { styleFor } from './colour.js';
import { consoleExplore } from './console-explore.js';
import type { ExploreReport } from './explore-report.js';

const begin = '<!-- explore:begin -->';
const end = '<!-- explore:end -->';

/** The table of all variants, and in full the first one that fails and the last, which is the fix. */
export function exploreSection(report: ExploreReport, id: string): string {
  const plain = styleFor({ NO_COLOR: '1', LANG: 'C.UTF-8' }, false);
  const first = report.variants.find((variant) => variant.failure !== undefined);
  const last = report.variants.at(-1);
  const shown = report.variants.filter((variant) => variant === first || variant === last);
  const text = consoleExplore(report, plain, { times: false, details: shown });
  return `\n\`\`\`\n$ kvtool explore ${id}\n${text}\n\`\`\`\n`;
}

/** @throws Error when the two markers are not there, in this order */
export function fillSection(document: string, section: string): string {
  const [from, to] = [document.indexOf(begin), document.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`expected ${begin} and ${end}`);
  return `${document.slice(0, from + begin.length)}\n${section}\n${document.slice(to)}`;
}

/**
 * For comparing: another compiler may count an inlined call to the line above, which moves a column. Everything else
 * must be equal.
 */
export function withoutLines(document: string): string {
  return document
    .replaceAll(/(\.(?:h|cc)):\d+/g, '$1')
    .replaceAll(/-{2,}/g, '--')
    .replaceAll(/ {2,}/g, '  ')
    .replaceAll(/ +$/gm, '');
}

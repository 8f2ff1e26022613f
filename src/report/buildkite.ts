/** A check's report as a Buildkite annotation: Markdown of at most 1 MiB, with a style and a context. */
import { checkTable, runsToDraw } from './check-table.js';
import { drawCycle } from './cycle-drawing.js';
import { sayDuration } from './format.js';
import { fenced, prose } from './markdown.js';
import type { CheckReport, RunReport } from './report.js';
import { markdownTable } from './table.js';

export interface Annotation {
  style: 'success' | 'info' | 'warning' | 'error';
  /** At most 100 characters: a later annotation of the same context replaces this one. */
  context: string;
  body: string;
}

/** The agent refuses more. */
export const longestBodyBytes = 1024 * 1024;
const longestContext = 100;

const styles: Readonly<Record<CheckReport['result'], Annotation['style']>> = {
  pass: 'success',
  fail: 'error',
  error: 'error',
  inconclusive: 'warning',
  timeout: 'warning',
  interrupted: 'info',
};

export function annotation(report: CheckReport, env: NodeJS.ProcessEnv): Annotation {
  return { style: styles[report.result], context: contextOf(env), body: clip(bodyOf(report)) };
}

/** One context per step; the jobs of a parallel step must not overwrite each other. */
function contextOf(env: NodeJS.ProcessEnv): string {
  const step = env.BUILDKITE_STEP_KEY || env.BUILDKITE_STEP_ID || 'deadlock-check';
  const job = env.BUILDKITE_PARALLEL_JOB ? `-${env.BUILDKITE_PARALLEL_JOB}` : '';
  return `kvtool-${step}`.slice(0, longestContext - job.length) + job;
}

function bodyOf(report: CheckReport): string {
  const { columns, rows } = checkTable(report);
  const parts = [
    `**kvtool deadlock-check: ${report.result}** (${sayDuration(report.durationMs)}, device ${report.device}, seed ${report.seed})`,
    prose(report.summary),
    markdownTable(columns, rows),
    ...report.warnings.map((warning) => prose(`Warning: ${warning}`)),
    ...runsToDraw(report).map(({ title, run }) => cycleSection(title, run)),
    `Report: \`${report.reportFile}\``,
  ];
  return `${parts.join('\n\n')}\n`;
}

function cycleSection(title: string, { verdict, repeat, runFolder }: RunReport): string {
  return [
    `<details><summary>${title}: ${verdict.family}, confidence ${verdict.confidence}</summary>`,
    prose(verdict.summary),
    fenced(drawCycle(verdict.cycle)),
    verdict.cuts.map((cut, index) => `${index + 1}. ${prose(cut)}`).join('\n'),
    `Run folder: \`${runFolder}\``,
    fenced(repeat),
    '</details>',
  ].join('\n\n');
}

/** Cuts at a line's end, so that no character and no table row is cut in two. */
function clip(body: string): string {
  const note = '\n\n(cut: the whole report is in report.json)\n';
  const bytes = Buffer.from(body);
  if (bytes.length <= longestBodyBytes) return body;
  const kept = bytes.subarray(0, longestBodyBytes - Buffer.byteLength(note)).toString('utf8');
  const lineEnd = kept.lastIndexOf('\n');
  return (lineEnd > 0 ? kept.slice(0, lineEnd) : '') + note;
}

/** What `kvtool explain` prints. */
import type { Claim, Verdict } from '../diagnosis/verdict.js';
import { bystanderGroups } from './bystander-groups.js';
import type { Style } from './colour.js';
import { drawCycle } from './cycle-drawing.js';
import { type ExplainReport, fileOf, type InputSummary, sayFile } from './explain-report.js';
import { count, sayActor } from './format.js';
import { indent } from './text.js';
import { shortVerdict, verdictHead } from './verdict-head.js';

export function consoleExplain(report: ExplainReport, style: Style): string {
  const { verdict, inputs, processes, warnings } = report;
  const { bold, yellow } = style.paint;
  const parts = [sayVerdict(verdict, style)];
  if (verdict.cycle.length > 0) parts.push(indent(drawCycle(verdict.cycle, style)));
  if (verdict.claims !== undefined && verdict.claims.length > 0) {
    parts.push(
      section(
        bold('evidence'),
        verdict.claims.map((claim) => sayClaim(claim, fileOf(claim, report))),
      ),
    );
  }
  if (verdict.cuts.length > 0) parts.push(section(bold('where to cut'), numbered(verdict.cuts)));
  if (verdict.bystanders.length > 0) {
    const title = `${bold('bystanders')} (${count(verdict.bystanders.length, 'thread')})`;
    parts.push(section(title, bystanderGroups(verdict.bystanders)));
  }
  if (processes.length > 1) parts.push(section(bold('processes'), processes.map(sayProcess)));
  if (verdict.unknowns.length > 0) {
    parts.push(section(bold('what this cannot show'), numbered(folded(verdict.unknowns))));
  }
  parts.push(section(bold('read'), inputs.map(sayInput)));
  const skipped = inputs.flatMap(saySkipped);
  if (skipped.length > 0) parts.push(section(bold('skipped'), skipped));
  for (const warning of warnings) parts.push(`${yellow('warning')}  ${warning}`);
  return parts.join('\n\n');
}

/** Head and summary, as both kinds of report begin. */
export function sayVerdict(verdict: Verdict, { paint }: Style): string {
  const { kind, summary } = verdict;
  const ink =
    kind === 'deadlock' || kind === 'livelock' ? paint.red : kind === 'unknown' ? paint.yellow : paint.green;
  return `${paint.bold('verdict')}  ${verdictHead(verdict, ink)}\n${indent(summary)}`;
}

function sayInput({ file, formats, lines, skippedLines }: InputSummary): string {
  return `${sayFile(file)}: ${formats.join(', ') || 'no dump'}, ${count(lines, 'line')}, ${skippedLines} skipped`;
}

/** e.g. `line 210: ThreadPoolExecutor-1_10 (tid 7) holds the GIL [inferred], in store: the only thread that can`. */
export function sayClaim(
  { actor, says, evidence, frame, line, rule, because }: Claim,
  file?: string,
): string {
  const of = file === undefined ? '' : ` of ${file}`;
  const where = line === undefined ? '' : `line ${line}${of}: `;
  const at = frame === undefined ? '' : `, in ${frame}`;
  const why = [because, rule === undefined ? undefined : `rule ${rule}`].filter((part) => part !== undefined);
  return `${where}${sayActor({ actor })} ${says} [${evidence}]${at}${why.length > 0 ? ` (${why.join('; ')})` : ''}`;
}

export function saySkipped({ file, skipped }: InputSummary): string[] {
  return skipped.map(
    ({ reason, lines, firstLine }) =>
      `${count(lines, 'line')} of ${sayFile(file)}: ${reason} (first: line ${firstLine})`,
  );
}

function sayProcess(process: ExplainReport['processes'][number]): string {
  const { pid, label, samples, threads } = process;
  const name = label ?? (pid > 0 ? `process ${pid}` : 'a process');
  return `${name}: ${shortVerdict(process)}, ${count(threads.length, 'thread')}, ${count(samples, 'sample')}`;
}

export function section(title: string, lines: readonly string[]): string {
  return `${title}\n${indent(lines.join('\n'))}`;
}

/** Of what nobody knows, as much as anybody reads. */
const mostUnknowns = 12;

export function folded(unknowns: readonly string[]): string[] {
  if (unknowns.length <= mostUnknowns) return [...unknowns];
  const shown = unknowns.slice(0, mostUnknowns - 1);
  return [...shown, `And ${unknowns.length - shown.length} more; --json has them all.`];
}

export function numbered(items: readonly string[]): string[] {
  return items.map((item, index) => `${index + 1}. ${item}`);
}

/** What `kvtool stress --on model` and `kvtool report merge` print. */
import { sayOutcome } from '../model/judge.js';
import type { Subject } from '../model/lines.js';
import type { Style } from './colour.js';
import { count, sayDuration } from './format.js';
import type { FindingReport, MergeReport, ShardReport } from './shard-report.js';
import { table } from './table.js';
import { indent, painter } from './text.js';

export function consoleShard(report: ShardReport, style: Style): string {
  const { shard, executions, steps, seconds } = report;
  const rate = seconds > 0 ? `, ${Math.round(executions / seconds)} a second` : '';
  const which = shard.of > 1 ? `shard ${shard.index + 1} of ${shard.of}: ` : '';
  return [
    style.paint.bold(titleOf(report)),
    `  ${which}${count(executions, 'random execution')} from number ${report.first}, ${steps} steps, ${sayDuration(seconds * 1000)}${rate}`,
    ...findingsText(report.findings, report.findingsNotKept),
    verdictLine(report, style),
    ...report.warnings.map((warning) => `warning: ${warning}`),
  ].join('\n');
}

export function consoleMerge(report: MergeReport, style: Style): string {
  const { of, missing, executions, steps } = report;
  return [
    style.paint.bold(titleOf(report)),
    `  ${of - missing.length} of ${of} shards: ${count(executions, 'random execution')}, ${steps} steps`,
    ...findingsText(report.findings, 0),
    verdictLine(report, style),
  ].join('\n');
}

function titleOf({ scenario, variant, model, parameters, seed }: Subject & { seed: number }): string {
  const sizes = Object.entries(parameters).map(([name, value]) => `${name}=${value}`);
  return [`${scenario} ${variant}, memory model ${model}`, ...sizes, `seed ${seed}`].join(', ');
}

function verdictLine({ judgement }: ShardReport | MergeReport, style: Style): string {
  return `${style.paint.bold('expected')}  ${painter(style, judgement.result)(judgement.result)}: ${judgement.because}`;
}

function findingsText(findings: readonly FindingReport[], notKept: number): string[] {
  if (findings.length === 0) return [];
  const columns = [
    { title: 'failure' },
    { title: 'executions', align: 'right' as const },
    { title: 'first', align: 'right' as const },
    { title: 'steps', align: 'right' as const },
  ];
  const rows = findings.map((finding) => [
    sayOutcome(finding),
    String(finding.count),
    String(finding.first),
    String(finding.steps),
  ]);
  return [
    indent(table(columns, rows)),
    ...(notKept > 0 ? [`  and ${count(notKept, 'execution')} that failed in yet other ways`] : []),
    ...findings.map((finding) => `replay with  ${finding.replay}`),
  ];
}

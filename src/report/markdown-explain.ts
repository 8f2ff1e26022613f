/** An explanation as Markdown, ready to paste into an issue. */
import { bystanderGroups } from './bystander-groups.js';
import { folded, sayClaim, saySkipped } from './console-explain.js';
import { drawCycle } from './cycle-drawing.js';
import { type ExplainReport, fileOf } from './explain-report.js';
import { count } from './format.js';
import { fenced, prose } from './markdown.js';
import { verdictHead } from './verdict-head.js';

export function markdownExplain(report: ExplainReport): string {
  const { verdict, inputs, processes } = report;
  const { summary, cycle, claims = [], cuts, bystanders, unknowns } = verdict;
  const parts = [`### ${verdictHead(verdict)}`, prose(summary)];
  if (cycle.length > 0) parts.push(fenced(drawCycle(cycle)));
  if (cuts.length > 0)
    parts.push('**Where to cut**', cuts.map((cut, at) => `${at + 1}. ${prose(cut)}`).join('\n'));
  if (claims.length > 0)
    parts.push(
      details(
        'Evidence, by line of the dump',
        claims.map((claim) => sayClaim(claim, fileOf(claim, report))),
      ),
    );
  if (bystanders.length > 0) {
    parts.push(details(`Bystanders (${count(bystanders.length, 'thread')})`, bystanderGroups(bystanders)));
  }
  if (unknowns.length > 0) parts.push(details('What this cannot show', folded(unknowns)));
  const skipped = inputs.flatMap(saySkipped);
  if (skipped.length > 0) parts.push(details('Skipped', skipped));
  const formats = [...new Set(processes.map((process) => process.format))].join(', ');
  parts.push(`<sub>kvtool explain, from ${prose(formats)}</sub>`);
  return `${parts.join('\n\n')}\n`;
}

function details(title: string, lines: readonly string[]): string {
  const body = lines.map((line) => `- ${prose(line)}`).join('\n');
  return `<details><summary>${prose(title)}</summary>\n\n${body}\n\n</details>`;
}

/** A dump as Markdown, ready to paste into an issue. */

import { sayReading } from './console-dump.js';
import { folded } from './console-explain.js';
import { drawCycle } from './cycle-drawing.js';
import type { DumpReport } from './dump-report.js';
import { count } from './format.js';
import { gpuLines } from './gpu-lines.js';
import { fenced, prose } from './markdown.js';
import { groupStacks, sayThreads, sayWait, stackLines } from './stack-groups.js';
import { verdictHead } from './verdict-head.js';

export function markdownDump({ verdict, processes, dumps, gpu, next }: DumpReport): string {
  const { summary, cycle, cuts, unknowns } = verdict;
  const parts = [`### ${verdictHead(verdict)}`, prose(summary)];
  if (cycle.length > 0) parts.push(fenced(drawCycle(cycle)));
  if (cuts.length > 0)
    parts.push('**Where to cut**', cuts.map((cut, at) => `${at + 1}. ${prose(cut)}`).join('\n'));
  if (next.length > 0) parts.push('**Run next**', fenced(next.join('\n')));
  for (const { pid, command } of processes) {
    const last = dumps.findLast((dump) => dump.pid === pid);
    if (last === undefined) continue;
    const stacks = groupStacks(last.threads).map((group) => {
      const [thread] = group.threads;
      const wait = sayWait(thread, last);
      return [
        sayThreads(group),
        ...(wait === undefined ? [] : [`  ${wait}`]),
        ...stackLines(thread).map((line) => `  ${line}`),
      ].join('\n');
    });
    const title = `Process ${pid} (${prose(command)}), ${count(last.threads.length, 'thread')}`;
    parts.push(`<details><summary>${title}</summary>\n\n${fenced(stacks.join('\n\n'))}\n\n</details>`);
  }
  if (gpu !== undefined)
    parts.push(
      '**GPU**',
      gpuLines(gpu)
        .map((line) => `- ${prose(line)}`)
        .join('\n'),
    );
  if (unknowns.length > 0) {
    const lines = folded(unknowns).map((line) => `- ${prose(line)}`);
    parts.push(`<details><summary>What is missing</summary>\n\n${lines.join('\n')}\n\n</details>`);
  }
  parts.push(`<sub>kvtool dump: ${prose(processes.map(sayReading).join(' · '))}</sub>`);
  return `${parts.join('\n\n')}\n`;
}

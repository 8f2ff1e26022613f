/** Outputs of `kvtool explain` other than its text: Markdown and graphs, into a file or instead of the text. */
import { writeFile } from 'node:fs/promises';
import type { Verdict } from '../diagnosis/verdict.js';
import { Abort } from '../errors.js';
import { exitCodes } from '../exit-codes.js';
import type { ExplainReport } from '../report/explain-report.js';

export interface WantedOutputs {
  markdown: boolean;
  graph?: 'svg' | 'dot';
  /** Where to; absent: on standard output. */
  output?: string;
}

/** Before anything is read: what was asked for must have somewhere to go. */
export function checkOutputs({ markdown, graph, output }: WantedOutputs, isJson: boolean): void {
  if (output !== undefined && graph === undefined && !markdown) {
    throw new Abort(
      '--output has nothing to write, expected --graph or --markdown with it',
      exitCodes.usage,
      ['add --graph svg'],
    );
  }
  if (isJson && output === undefined && (graph !== undefined || markdown)) {
    throw new Abort('--json has standard output to itself, expected --output for the rest', exitCodes.usage, [
      'add --output FILE',
    ]);
  }
  if (output === undefined && graph !== undefined && markdown) {
    throw new Abort(
      'a graph and Markdown were asked for and only one of them fits on standard output, expected --output for the graph',
      exitCodes.usage,
      ['add --output FILE'],
    );
  }
}

export function explainOutputs(report: ExplainReport, wanted: WantedOutputs): Promise<string | undefined> {
  return writeOutputs(report.verdict, () => markdownOf(report), wanted);
}

/** Writes what goes into a file; returns what to print instead of the text, if anything. */
export async function writeOutputs(
  verdict: Verdict,
  asMarkdown: () => Promise<string>,
  { markdown, graph, output }: WantedOutputs,
): Promise<string | undefined> {
  const drawn = graph === undefined ? undefined : await draw(verdict, graph);
  const written = markdown ? await asMarkdown() : undefined;
  if (output === undefined) return (written ?? drawn)?.trimEnd();
  const content = drawn ?? written;
  if (content !== undefined) await write(output, content);
  return drawn === undefined ? undefined : written?.trimEnd();
}

async function draw(verdict: Verdict, graph: 'svg' | 'dot'): Promise<string> {
  const { dotExplain } = await import('../report/dot-explain.js');
  const dot = dotExplain(verdict);
  if (graph === 'dot') return dot;
  const { drawSvg } = await import('../report/svg.js');
  return drawSvg(dot);
}

async function markdownOf(report: ExplainReport): Promise<string> {
  const { markdownExplain } = await import('../report/markdown-explain.js');
  return markdownExplain(report);
}

async function write(file: string, content: string): Promise<void> {
  try {
    await writeFile(file, content);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new Abort(`cannot write ${file}: ${why}`, exitCodes.usage, [
      'choose a file in a folder that exists',
    ]);
  }
}

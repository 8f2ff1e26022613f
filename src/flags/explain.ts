import { Flags } from '@oclif/core';
import { groups } from './shared.js';

export const explainFlags = {
  markdown: Flags.boolean({
    env: 'KVTOOL_MARKDOWN',
    helpGroup: groups.output,
    exclusive: ['json'],
    summary: 'Print Markdown, ready to paste into an issue.',
  }),
  graph: Flags.option({
    options: ['svg', 'dot'] as const,
    env: 'KVTOOL_GRAPH',
    helpGroup: groups.output,
    summary: 'Draw who waits for whom, instead of the text or into the file of --output.',
  })(),
  output: Flags.string({
    env: 'KVTOOL_OUTPUT',
    helpValue: 'FILE',
    helpGroup: groups.output,
    summary: 'Write the graph, or else the Markdown, there; the text is still printed.',
  }),
};

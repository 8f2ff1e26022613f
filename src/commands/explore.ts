import { Args } from '@oclif/core';
import { BaseCommand } from '../base-command.js';
import { exploreFlags } from '../flags/explore.js';
import { asList } from '../flags/shared.js';
import { given } from '../given.js';
import { consoleExplore } from '../report/console-explore.js';
import type { Document } from '../report/json.js';
import { showExplore } from '../report/progress-text.js';
import { explore } from '../services/explore.js';
import { writeFirstTrace } from '../services/write-trace.js';

export default class Explore extends BaseCommand {
  static override summary =
    'Run every interleaving of a scenario: find how it fails, or prove that it cannot.';
  static override description =
    'For each variant: predicts deadlocks and drives the program into them, tries random schedules, then searches the ' +
    'whole bounded state space, memory model included. A failure comes with its shortest trace, a line that replays ' +
    'it, and what the fixed variant does instead. Exits 0 when every variant shows what it should, 3 when one ' +
    'deadlocks that should not, 4 when one races or breaks an invariant, 5 when something is neither found nor proved.';
  static override examples = [
    { description: 'All variants of one scenario', command: '<%= config.bin %> explore abba' },
    {
      description: 'One variant, larger, on a weaker memory model',
      command: '<%= config.bin %> explore abba --variant fixed --param threads=4 --model arm',
    },
    { description: 'The whole catalogue, in a pipeline', command: '<%= config.bin %> explore --all --json' },
    {
      description: 'The trace for ui.perfetto.dev',
      command: '<%= config.bin %> explore abba --variant buggy --perfetto trace.json',
    },
  ];
  static override args = {
    scenario: Args.string({ multiple: true, description: 'Scenarios to explore.', ignoreStdin: true }),
  };
  static override flags = exploreFlags;

  async run(): Promise<Document> {
    const { args, flags } = await this.parse(Explore);
    return this.supervised(async ({ signal, interruptCode, progress }) => {
      const { all = false, seconds, seed = 1, model, executions } = flags;
      const report = await explore({
        ...{ scenarios: asList(args.scenario), all, variants: asList(flags.variant), seed, seconds },
        ...{ parameters: asList(flags.param), limits: asList(flags.limit), signal, interruptCode },
        ...given({ model, executions, memoryMb: flags['memory-mb'] }),
        onProgress: (event) => showExplore(event, progress),
      });
      if (flags.perfetto !== undefined) await writeFirstTrace(report.variants, flags.perfetto);
      const text = () => consoleExplore(report, this.style(), { all });
      return { exitCode: report.exitCode, result: report, warnings: report.warnings, text };
    });
  }
}

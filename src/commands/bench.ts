import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../base-command.js';
import { exitCodes } from '../exit-codes.js';
import { consoleBench } from '../report/console-bench.js';
import type { Document } from '../report/json.js';
import { loadBenchmarks, runBenchmarks } from '../services/bench.js';

export default class Bench extends BaseCommand {
  static override summary = 'Measure the figures that kvtool promises, and set them beside their targets.';
  static override description =
    'Measures; never fails because of a figure. Run it on a quiet machine: other work shows in every number.';
  static override examples = [
    { description: 'Which benchmarks there are', command: '<%= config.bin %> bench --list' },
    { description: 'One of them', command: '<%= config.bin %> bench reproduction' },
    { description: 'All, for a program', command: '<%= config.bin %> bench --json' },
  ];
  static override args = {
    benchmark: Args.string({
      description: 'Which to run; all when none is named.',
      ignoreStdin: true,
      multiple: true,
    }),
  };
  static override flags = {
    list: Flags.boolean({ env: 'KVTOOL_LIST', summary: 'Only list the benchmarks.' }),
  };

  async run(): Promise<Document> {
    const { args, flags } = await this.parse(Bench);
    if (flags.list) {
      const benchmarks = await loadBenchmarks();
      const text = () =>
        benchmarks.map(({ id, summary, seconds }) => `${id}  ${summary} (about ${seconds} s)`).join('\n');
      const listed = benchmarks.map(({ id, summary, seconds }) => ({ id, summary, seconds }));
      return this.finish({ exitCode: exitCodes.clean, result: { benchmarks: listed }, warnings: [], text });
    }
    const result = await runBenchmarks(args.benchmark ?? [], (line) => process.stderr.write(`${line}\n`));
    const text = () => consoleBench(result, this.style());
    return this.finish({ exitCode: exitCodes.clean, result, warnings: [], text });
  }
}

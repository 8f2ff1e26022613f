import { Args } from '@oclif/core';
import { BaseCommand } from '../base-command.js';
import { replayFlags } from '../flags/replay.js';
import { given } from '../given.js';
import { consoleReplay } from '../report/console-explore.js';
import type { Document } from '../report/json.js';
import { replay } from '../services/replay.js';
import { writeTrace } from '../services/write-trace.js';

export default class Replay extends BaseCommand {
  static override summary =
    'Run the one execution that a line of kvtool explore stands for, and show its trace.';
  static override description =
    'The same line gives the same trace on any machine and build of the same version; a line of another version, ' +
    'scenario or size is refused with what differs. Exits 3 when it deadlocks, 4 when it races or breaks an ' +
    'invariant, 0 when it does not fail, 2 when the line is refused.';
  static override examples = [
    {
      description: 'A line, in single quotes: it has letters that a shell reads',
      command: "<%= config.bin %> replay 'kv1.abba.buggy.sc.b63b6749723b:>t0;t0,1>t1'",
    },
    { description: 'From a file or a log', command: '<%= config.bin %> replay failure.txt' },
    {
      description: 'With the scenario spelled out, on another variant',
      command:
        "<%= config.bin %> replay abba --schedule 'kv1.abba.buggy.sc.b63b6749723b:>t0;t0,1>t1' --variant fixed",
    },
  ];
  static override args = {
    line: Args.string({
      required: true,
      description: 'The schedule, a file with one, or a scenario with --schedule.',
      ignoreStdin: true,
    }),
  };
  static override flags = replayFlags;

  async run(): Promise<Document> {
    const { args, flags } = await this.parse(Replay);
    return this.supervised(async ({ signal, interruptCode }) => {
      const { schedule, variant, perfetto } = flags;
      const report = await replay({
        ...{ subject: args.line, signal, interruptCode },
        ...given({ schedule, variant }),
      });
      if (perfetto !== undefined) await writeTrace(report.trace, report, perfetto);
      const text = () => consoleReplay(report, this.style());
      return { exitCode: report.exitCode, result: report, warnings: report.warnings, text };
    });
  }
}

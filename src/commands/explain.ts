import { Args } from '@oclif/core';
import { BaseCommand } from '../base-command.js';
import { explainFlags } from '../flags/explain.js';
import { given } from '../given.js';
import { consoleExplain } from '../report/console-explain.js';
import type { ExplainReport } from '../report/explain-report.js';
import type { Document } from '../report/json.js';
import { isAnimated, type Progress, startProgress } from '../report/progress.js';
import type { ExplainProgress } from '../report/progress-events.js';
import { showExplain } from '../report/progress-text.js';
import { explain } from '../services/explain.js';
import { checkOutputs, explainOutputs } from '../services/explain-outputs.js';

export default class Explain extends BaseCommand {
  static override summary =
    'Read a dump that somebody took and say what is stuck, who holds what, and where to cut.';
  static override description =
    'Reads py-spy, gdb, pystack, faulthandler, jstack, Go, eu-stack, lldb, Node reports and kvtool dump --json, with ' +
    'whatever stands around them. Several files are several processes, or samples of one: two samples of one process ' +
    'tell a wait that lasts from one that was about to end. Exits 3 for a deadlock or hang, 0 when nothing is stuck, ' +
    '5 when the text cannot tell, 2 when there is no dump to read.';
  static override examples = [
    { description: 'A dump from an issue', command: '<%= config.bin %> explain dump.txt' },
    { description: 'From a pipe', command: '<%= config.bin %> explain -' },
    { description: 'Two samples of one process', command: '<%= config.bin %> explain first.txt second.txt' },
    { description: 'To answer in the issue', command: '<%= config.bin %> explain dump.txt --markdown' },
    {
      description: 'As a picture',
      command: '<%= config.bin %> explain dump.txt --graph svg --output cycle.svg',
    },
  ];
  static override args = {
    file: Args.string({
      required: true,
      multiple: true,
      description: 'The text of a dump; - is standard input.',
      ignoreStdin: true,
    }),
  };
  static override flags = explainFlags;

  async run(): Promise<Document> {
    const { args, flags } = await this.parse(Explain);
    const wanted = { markdown: flags.markdown, ...given({ graph: flags.graph, output: flags.output }) };
    checkOutputs(wanted, this.jsonEnabled());
    const report = await this.#read(args.file);
    const instead = await explainOutputs(report, wanted);
    const text = () => instead ?? consoleExplain(report, this.style());
    return this.finish({ exitCode: report.exitCode, result: report, warnings: report.warnings, text });
  }

  /** With a spinner for whoever waits at a terminal for a large text. */
  async #read(files: readonly string[]): Promise<ExplainReport> {
    const { stdin, stderr: stream, env } = process;
    const silent = this.jsonEnabled() || !isAnimated(stream, env);
    let progress: Promise<Progress> | undefined;
    const onProgress = async (event: ExplainProgress) => {
      progress ??= startProgress({ stream, env, silent, style: this.style(stream) });
      showExplain(event, await progress);
    };
    try {
      return await explain({ files, stdin, onProgress });
    } finally {
      (await progress)?.stop();
    }
  }
}

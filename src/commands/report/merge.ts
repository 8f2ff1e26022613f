import { Args } from '@oclif/core';
import { BaseCommand } from '../../base-command.js';
import { consoleMerge } from '../../report/console-shard.js';
import type { Document } from '../../report/json.js';
import { mergeShards } from '../../services/merge-shards.js';

export default class ReportMerge extends BaseCommand {
  static override summary = 'Make one result out of the files of all shards of kvtool stress --on model.';
  static override description =
    'Equal failures of different shards become one. A shard that is missing or did not finish is a failure: exit 75, ' +
    'unless a failure of the program was found, which is 3 or 4 as in kvtool stress. Exits 0 when all shards are there ' +
    'and clean, 2 when the files do not belong together.';
  static override examples = [
    {
      description: 'After all jobs have ended',
      command: '<%= config.bin %> report merge shard-1.ndjson shard-2.ndjson',
    },
  ];
  static override args = {
    file: Args.string({
      required: true,
      multiple: true,
      description: 'Files of kvtool stress --on model --ndjson.',
      ignoreStdin: true,
    }),
  };

  async run(): Promise<Document> {
    const { args } = await this.parse(ReportMerge);
    const report = await mergeShards([args.file].flat());
    const text = () => consoleMerge(report, this.style());
    return this.finish({ exitCode: report.exitCode, result: report, warnings: report.warnings, text });
  }
}

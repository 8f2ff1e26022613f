import { BaseCommand } from '../base-command.js';
import { driverTableFlags } from '../flags/driver-table.js';
import { given } from '../given.js';
import { consoleDriverTable } from '../report/console-driver-table.js';
import type { Document } from '../report/json.js';
import { driverTable } from '../services/driver-table.js';
import { toCsv } from '../services/driver-table-csv.js';

const defaultBlocksAfterMs = 400;

export default class DriverTable extends BaseCommand {
  static override summary =
    'Measure which calls of the GPU driver block while a host function or a kernel is stuck.';
  static override description =
    'One process for each cell: a blocker on a stream, a first call by one thread, a second call by another. Says ' +
    'which of them must not be made with the GIL held. Exits 5 when a cell has no answer, 69 when there is no GPU.';
  static override examples = [
    { description: "This machine's driver", command: '<%= config.bin %> driver-table --device cuda' },
    {
      description: 'What changed with a driver update',
      command: '<%= config.bin %> driver-table --device cuda --compare before.csv',
    },
    { description: 'To keep', command: '<%= config.bin %> driver-table --device cuda --extended --csv' },
    {
      description: 'The simulated device',
      command: '<%= config.bin %> driver-table --driver-model 575-cuda12',
    },
  ];
  static override flags = driverTableFlags;

  async run(): Promise<Document> {
    const { flags } = await this.parse(DriverTable);
    const { device, extended, compare, csv, jobs } = flags;
    return this.supervised(async ({ signal, interruptCode, progress }) => {
      const report = await driverTable({
        ...{ device, extended, model: flags['driver-model'], signal, interruptCode },
        ...{ blocksAfterMs: flags['blocks-after'] ?? defaultBlocksAfterMs, ...given({ compare, jobs }) },
        onProgress: ({ done, of, deviceName }) => {
          if (done % 25 === 0 || done === of) progress.update(`${deviceName}: ${done} of ${of} cells`);
        },
      });
      const text = () => (csv ? toCsv(report.cells).trimEnd() : consoleDriverTable(report, this.style()));
      return { exitCode: report.exitCode, result: report, warnings: report.warnings, text };
    });
  }
}

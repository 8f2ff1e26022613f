import { Args } from '@oclif/core';
import { BaseCommand } from '../base-command.js';
import { dumpFlags } from '../flags/dump.js';
import { given } from '../given.js';
import { watchInterrupts } from '../harness/interrupts.js';
import { consoleDump } from '../report/console-dump.js';
import type { Document } from '../report/json.js';
import { type DumpRequest, dump } from '../services/dump.js';
import { checkRaw, dumpOutputs, writeRaw } from '../services/dump-outputs.js';
import { checkOutputs } from '../services/explain-outputs.js';

export default class Dump extends BaseCommand {
  static override summary = 'Look into a hung process: every stack, every lock, and who waits for whom.';
  static override description =
    'Native, Python and JavaScript stacks of a live process, the owners of its locks, and the verdict. Threads that ' +
    'are blocked are never stopped; one that runs is stopped alone for some 0.1 ms. Exits 3 for a deadlock or hang, ' +
    '0 when nothing is stuck, 5 when the dump cannot tell, 69 when the process is gone or may not be read.';
  static override examples = [
    { description: 'A hung process', command: '<%= config.bin %> dump 4711' },
    { description: 'By its name, with its workers', command: '<%= config.bin %> dump --name vllm --tree' },
    { description: 'Stuck, or only slow?', command: '<%= config.bin %> dump 4711 --samples 2 --interval 5s' },
    { description: 'To look at elsewhere', command: '<%= config.bin %> dump 4711 --raw hang.json' },
    { description: 'A core file', command: '<%= config.bin %> dump --core core.4711 --exe ./server' },
  ];
  static override args = {
    pid: Args.string({ multiple: true, description: 'Processes to look at.', ignoreStdin: true }),
  };
  static override flags = dumpFlags;

  async run(): Promise<Document> {
    const { args, flags } = await this.parse(Dump);
    const wanted = { markdown: flags.markdown, ...given({ graph: flags.graph, output: flags.output }) };
    checkOutputs(wanted, this.jsonEnabled());
    if (flags.raw !== undefined) await checkRaw(flags.raw);
    const report = await this.#look({
      pids: args.pid ?? [],
      ...given({ name: flags.name, core: coreOf(flags) }),
      ...{
        tree: flags.tree,
        freeze: flags.freeze,
        noStop: flags['no-stop'],
        lines: flags.lines,
        full: flags.full,
      },
      ...{ samples: flags.samples, ...given({ intervalMs: flags.interval, deadlineMs: flags.deadline }) },
    });
    if (flags.raw !== undefined) await writeRaw(report, flags.raw);
    const instead = await dumpOutputs(report, wanted);
    const text = () => instead ?? consoleDump(report, this.style());
    return this.finish({ exitCode: report.exitCode, result: report, warnings: report.warnings, text });
  }

  async #look(request: Omit<DumpRequest, 'signal'>) {
    const interrupts = watchInterrupts();
    try {
      return await dump({ ...request, signal: interrupts.signal });
    } finally {
      interrupts.dispose();
    }
  }
}

function coreOf({ core, exe, sysroot }: CoreFlags) {
  return core === undefined ? undefined : { core, ...given({ exe, sysroot }) };
}

type CoreFlags = Record<'core' | 'exe' | 'sysroot', string | undefined>;

import { Args } from '@oclif/core';
import { BaseCommand } from '../base-command.js';
import { asList } from '../flags/shared.js';
import { stressFlags } from '../flags/stress.js';
import { given } from '../given.js';
import { consoleStress } from '../report/console-run.js';
import type { Document } from '../report/json.js';
import { showStress } from '../report/progress-text.js';
import { parseSetting } from '../scenario/parameters.js';
import { stress } from '../services/stress.js';

export default class Stress extends BaseCommand {
  static override summary = 'Run one variant of a scenario and say what it shows.';
  static override description =
    'Exits 3 when it deadlocks, 0 when it finishes clean, 5 when its hazard window never opened.';
  static override examples = [
    { description: 'Reproduce the deadlock', command: '<%= config.bin %> stress gil-hostfunc' },
    {
      description: 'Show that the fix holds',
      command: '<%= config.bin %> stress gil-hostfunc --variant fixed --repeat 5',
    },
    {
      description: 'The deadlock on CPython, with another call in the driver and a seed',
      command: '<%= config.bin %> stress gil-hostfunc --runtime python --blocking-call free --seed 7',
    },
    {
      description: 'Any parameter of the scenario',
      command: '<%= config.bin %> stress gil-hostfunc --set workers=4 --set kernel-us=500',
    },
  ];
  static override args = {
    scenario: Args.string({ required: true, description: 'Its id.', ignoreStdin: true }),
  };
  static override flags = stressFlags;

  async run(): Promise<Document> {
    const { args, flags } = await this.parse(Stress);
    const settings = asList(flags.set).map(parseSetting);
    return this.supervised(async ({ signal, interruptCode, progress }) => {
      const { variant, runtime, device, repeat, iterations, threads, path, python, seed } = flags;
      const report = await stress({
        ...{ scenario: args.scenario, variant, runtime, device, settings, repeat },
        ...{ signal, interruptCode, onProgress: (event) => showStress(event, progress) },
        ...given({ path, python, seed, threads, blockingCall: flags['blocking-call'] }),
        ...given({ iterations, durationMs: flags.duration, inactivityMs: flags.inactivity }),
        ...given({ deadlineMs: flags.deadline, runRoot: flags['run-dir'] }),
      });
      const text = () => consoleStress(report, this.style());
      return { exitCode: report.exitCode, result: report, warnings: report.warnings, text };
    });
  }
}

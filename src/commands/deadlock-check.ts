import { Args } from '@oclif/core';
import { BaseCommand } from '../base-command.js';
import { deadlockCheckFlags } from '../flags/deadlock-check.js';
import { asList } from '../flags/shared.js';
import { given } from '../given.js';
import { consoleCheck } from '../report/console-check.js';
import type { Document } from '../report/json.js';
import { junit } from '../report/junit.js';
import { showCheck } from '../report/progress-text.js';
import { annotate } from '../services/annotate.js';
import { overallDeadline } from '../services/deadline.js';
import { deadlockCheck } from '../services/deadlock-check.js';
import { parseRuntime } from '../services/runtimes.js';
import { writeJunit } from '../services/write-junit.js';

export default class DeadlockCheck extends BaseCommand {
  static override summary =
    'Prove that the callback path still deadlocks and that the paths without callbacks do not.';
  static override description =
    'Passes (exit 0) when the callback path deadlocks with the expected cycle in every run, which shows that the ' +
    'check can see, and the other paths (native recorder, GPU stamp) finish everything with nothing lost and the hazard ' +
    'window open. Exits 3 when one of those deadlocks, 4 when events are lost, 5 when the runs prove nothing.';
  static override examples = [
    { description: 'Check everything', command: '<%= config.bin %> deadlock-check' },
    {
      description: 'One scenario on CPython, ten runs a path',
      command: '<%= config.bin %> deadlock-check gil-hostfunc --runtime python --repeat 10',
    },
    {
      description: 'In a pipeline',
      command: '<%= config.bin %> deadlock-check --junit junit.xml --deadline 5m --json',
    },
  ];
  static override args = {
    scenario: Args.string({
      multiple: true,
      description: 'Scenarios to check. Default: all.',
      ignoreStdin: true,
    }),
  };
  static override flags = deadlockCheckFlags;

  async run(): Promise<Document> {
    const { args, flags } = await this.parse(DeadlockCheck);
    const runtimes = asList(flags.runtime).map(parseRuntime);
    const deadline = overallDeadline(flags.deadline, process.env);
    const { junit: file, device, repeat, python, seed } = flags;
    const groups = process.env.BUILDKITE === 'true';
    return this.supervised(async ({ signal, interruptCode, progress }) => {
      if (groups) progress.note('--- kvtool deadlock-check: runs');
      const report = await deadlockCheck({
        ...{ scenarios: asList(args.scenario), runtimes, device, repeat, signal, interruptCode },
        ...given({ python, seed, deadline, inactivityMs: flags.inactivity, runRoot: flags['run-dir'] }),
        onProgress: (event) => showCheck(event, progress),
        onReport: (partial) => (file === undefined ? undefined : writeJunit(junit(partial), file)),
      });
      const warning = await annotate(report, flags.annotate);
      const warnings = [...report.warnings, ...(warning === undefined ? [] : [warning])];
      const text = () => consoleCheck({ ...report, warnings }, { ...this.style(), groups });
      return { exitCode: report.exitCode, result: report, warnings, text };
    });
  }
}

/** The flags that commands share. Every flag has an environment twin: `--run-dir` is KVTOOL_RUN_DIR. */
import { Flags } from '@oclif/core';
import { parseDuration } from '../services/duration.js';
import { seedLimit } from '../services/seeds.js';

export const groups = {
  scenario: 'SCENARIO',
  schedule: 'SCHEDULE',
  watchdog: 'WATCHDOG',
  output: 'OUTPUT',
} as const;

/** `500ms`, `2s`, `5m`; milliseconds inside. */
export const duration = Flags.custom<number>({
  parse: async (input) => parseDuration(input),
  helpValue: 'DURATION',
});

/** A list: repeat the flag, or separate by commas, which is also how its environment twin holds several. */
export const list = Flags.custom<string>({ delimiter: ',', multipleNonGreedy: true });

/** oclif hands a list from the environment on as the one string that it is. */
export function asList(value: readonly string[] | string | undefined): string[] {
  const items = typeof value === 'string' ? value.split(',') : [...(value ?? [])];
  return items.map((item) => item.trim()).filter((item) => item !== '');
}

export const deviceFlag = Flags.option({
  options: ['sim', 'cuda'] as const,
  default: 'sim',
  env: 'KVTOOL_DEVICE',
  helpGroup: groups.scenario,
  summary: 'What to run on: the simulated device, or the GPU of this machine.',
})();

export const pythonFlag = Flags.string({
  env: 'KVTOOL_PYTHON',
  helpValue: 'FILE',
  helpGroup: groups.scenario,
  summary: 'The CPython to use, 3.8 to 3.13; default: python3 or python on the PATH.',
});

export const seedFlag = Flags.integer({
  env: 'KVTOOL_SEED',
  min: 0,
  max: seedLimit - 1,
  helpGroup: groups.schedule,
  summary: 'The root seed; every run derives its own from it. Default: a random one, which is printed.',
});

export const inactivityFlag = duration({
  env: 'KVTOOL_INACTIVITY',
  helpGroup: groups.watchdog,
  summary: 'No progress for this long is suspicious. Default 2s.',
});

export const runDirFlag = Flags.directory({
  env: 'KVTOOL_RUN_DIR',
  helpValue: 'DIR',
  helpGroup: groups.output,
  summary: 'Where run folders go. Default .kvtool/runs.',
});

export const junitFlag = Flags.file({
  env: 'KVTOOL_JUNIT',
  helpValue: 'FILE',
  helpGroup: groups.output,
  summary: 'Also write JUnit XML there.',
});

import { Flags } from '@oclif/core';
import { paths } from '../scenario/manifest.js';
import { runDefaults } from '../services/run-limits.js';
import { parseStopAt } from '../services/stop-at.js';
import { modelFlags } from './model.js';
import {
  deviceFlag,
  duration,
  groups,
  inactivityFlag,
  junitFlag,
  list,
  pythonFlag,
  runDirFlag,
  seedFlag,
} from './shared.js';

export const stressFlags = {
  all: Flags.boolean({
    env: 'KVTOOL_ALL',
    helpGroup: groups.scenario,
    summary: 'Every scenario, one after another, in slices of time.',
  }),
  variant: list({
    multiple: true,
    env: 'KVTOOL_VARIANT',
    helpGroup: groups.scenario,
    summary: 'Which variant; repeat it for several, or all. Default: buggy of one scenario, all of several.',
  }),
  on: Flags.option({
    options: ['threads', 'model', 'device'] as const,
    default: 'threads',
    env: 'KVTOOL_ON',
    helpGroup: groups.scenario,
    summary:
      'Real threads and runtimes; or random executions in the model, millions of them; or copies and KV transfers with real bytes on the device. Of several scenarios the default is wherever each runs.',
  })(),
  path: Flags.option({
    options: paths,
    env: 'KVTOOL_PATH',
    helpGroup: groups.scenario,
    summary: "How events leave the stream. Default: the variant's first.",
  })(),
  runtime: Flags.option({
    options: ['js', 'python'] as const,
    default: 'js',
    env: 'KVTOOL_RUNTIME',
    helpGroup: groups.scenario,
    summary:
      'Whose lock takes part: the JS thread or the GIL. Of several scenarios the default is both, where there is a Python.',
  })(),
  device: deviceFlag,
  python: pythonFlag,
  'blocking-call': Flags.string({
    env: 'KVTOOL_BLOCKING_CALL',
    helpValue: 'CALL',
    helpGroup: groups.scenario,
    summary: 'What the launcher does in the driver; short for --set blocking-call=CALL.',
  }),
  set: list({
    multiple: true,
    env: 'KVTOOL_SET',
    helpValue: 'NAME=VALUE',
    helpGroup: groups.scenario,
    summary: 'Any parameter of the scenario; `kvtool scenarios ID` lists them.',
  }),
  ...modelFlags,
  executions: Flags.integer({
    min: 1,
    env: 'KVTOOL_EXECUTIONS',
    helpGroup: groups.schedule,
    summary: 'On the model: of all shards together. Default 1000000, or no limit with --duration.',
  }),
  shard: Flags.string({
    env: 'KVTOOL_SHARD',
    helpValue: 'I/N|auto',
    helpGroup: groups.schedule,
    summary: 'On the model: which part to run; auto asks Buildkite, Kubernetes or Slurm. Default 1/1.',
  }),
  ndjson: Flags.string({
    env: 'KVTOOL_NDJSON',
    helpValue: 'FILE',
    helpGroup: groups.output,
    summary: 'On the model: write the shard there, for kvtool report merge.',
  }),
  rounds: Flags.integer({
    min: 1,
    env: 'KVTOOL_ROUNDS',
    helpGroup: groups.schedule,
    summary:
      'On threads, of a scenario that also runs in the model: how many. Default 10000, or no limit with --duration.',
  }),
  threads: Flags.integer({
    min: 1,
    env: 'KVTOOL_THREADS',
    helpGroup: groups.schedule,
    summary:
      'How many workers; short for --set workers=N. Of several scenarios: for those that have so many.',
  }),
  iterations: Flags.integer({
    min: 1,
    env: 'KVTOOL_ITERATIONS',
    helpGroup: groups.schedule,
    summary: `Requests per worker. Default ${runDefaults.iterations}, or no limit with --duration.`,
  }),
  duration: duration({
    env: 'KVTOOL_DURATION',
    helpGroup: groups.schedule,
    summary:
      'Begin no new request, round, run on the device, or execution of the model, after this long; of several scenarios, over all of them. Default: no limit.',
  }),
  repeat: Flags.integer({
    min: 1,
    env: 'KVTOOL_REPEAT',
    helpGroup: groups.schedule,
    summary:
      'How many runs, each with a seed of its own. Default 1, or no limit on the device with --duration.',
  }),
  'stop-at': Flags.custom<number>({
    parse: async (text) => parseStopAt(text),
    env: 'KVTOOL_STOP_AT',
    helpValue: 'first|N|never',
    helpGroup: groups.schedule,
    summary:
      'A variant is done after so many failures, expected or not. Default: never of one, first of several.',
  })(),
  seed: seedFlag,
  inactivity: inactivityFlag,
  deadline: duration({
    env: 'KVTOOL_DEADLINE',
    helpGroup: groups.watchdog,
    summary: 'No run takes longer. Default 30s, more with a long --duration or --inactivity.',
  }),
  'run-dir': runDirFlag,
  junit: junitFlag,
};

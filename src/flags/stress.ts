import { Flags } from '@oclif/core';
import { paths } from '../scenario/manifest.js';
import { runDefaults } from '../services/run-limits.js';
import { modelFlags } from './model.js';
import {
  deviceFlag,
  duration,
  groups,
  inactivityFlag,
  list,
  pythonFlag,
  runDirFlag,
  seedFlag,
} from './shared.js';

export const stressFlags = {
  variant: Flags.string({
    env: 'KVTOOL_VARIANT',
    default: 'buggy',
    helpGroup: groups.scenario,
    summary: 'Which variant of the scenario.',
  }),
  on: Flags.option({
    options: ['threads', 'model', 'device'] as const,
    default: 'threads',
    env: 'KVTOOL_ON',
    helpGroup: groups.scenario,
    summary:
      'Real threads and runtimes; or random executions in the model, millions of them; or KV transfers on the device.',
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
    summary: 'Whose lock takes part: the JS thread or the GIL.',
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
    summary: 'How many workers; short for --set workers=N.',
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
      'Begin no new request, round, run on the device, or execution of the model, after this long. Default: no limit.',
  }),
  repeat: Flags.integer({
    min: 1,
    env: 'KVTOOL_REPEAT',
    helpGroup: groups.schedule,
    summary:
      'How many runs, each with a seed of its own. Default 1, or no limit on the device with --duration.',
  }),
  seed: seedFlag,
  inactivity: inactivityFlag,
  deadline: duration({
    env: 'KVTOOL_DEADLINE',
    helpGroup: groups.watchdog,
    summary: 'No run takes longer. Default 30s, more with a long --duration or --inactivity.',
  }),
  'run-dir': runDirFlag,
};

import { Flags } from '@oclif/core';
import { modelFlags, perfettoFlag } from './model.js';
import { groups, list, seedFlag } from './shared.js';

export const exploreFlags = {
  all: Flags.boolean({
    env: 'KVTOOL_ALL',
    helpGroup: groups.scenario,
    summary: 'Every scenario of the catalogue: one table, and only what deviates in full.',
  }),
  variant: list({
    multiple: true,
    env: 'KVTOOL_VARIANT',
    helpGroup: groups.scenario,
    summary: 'Which variants; repeat it for several. Default: all.',
  }),
  ...modelFlags,
  seed: { ...seedFlag, summary: 'Of the random strategies. Default 1: the same result every time.' },
  seconds: Flags.integer({
    min: 1,
    max: 1_000_000,
    default: 60,
    env: 'KVTOOL_SECONDS',
    helpGroup: groups.schedule,
    summary: 'Each variant takes no longer; what is not proved by then is inconclusive.',
  }),
  executions: Flags.integer({
    min: 1,
    env: 'KVTOOL_EXECUTIONS',
    helpGroup: groups.schedule,
    summary: 'Executions of the exhaustive search. Default 5000000.',
  }),
  perfetto: perfettoFlag,
};

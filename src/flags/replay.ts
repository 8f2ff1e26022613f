import { Flags } from '@oclif/core';
import { perfettoFlag } from './model.js';
import { groups } from './shared.js';

export const replayFlags = {
  schedule: Flags.string({
    env: 'KVTOOL_SCHEDULE',
    helpValue: 'LINE',
    helpGroup: groups.schedule,
    summary: 'The schedule, when the argument is a scenario.',
  }),
  variant: Flags.string({
    env: 'KVTOOL_VARIANT',
    helpGroup: groups.scenario,
    summary: "Replay it on this variant instead of the line's own.",
  }),
  perfetto: perfettoFlag,
};

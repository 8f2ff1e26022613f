/** The flags of the commands that run scenarios in the model. */
import { Flags } from '@oclif/core';
import { memoryModels } from '../model/lines.js';
import { groups, list } from './shared.js';

export const modelFlags = {
  model: Flags.option({
    options: memoryModels,
    env: 'KVTOOL_MODEL',
    helpGroup: groups.scenario,
    summary:
      "Memory model: sequentially consistent, x86 (tso), pso, or an ARM-like one. Default: the scenario's own.",
  })(),
  param: list({
    multiple: true,
    env: 'KVTOOL_PARAM',
    helpValue: 'NAME=VALUE',
    helpGroup: groups.scenario,
    summary: 'A parameter of the scenario; `kvtool scenarios ID` lists them.',
  }),
  limit: list({
    multiple: true,
    env: 'KVTOOL_LIMIT',
    helpValue: 'NAME=VALUE',
    helpGroup: groups.schedule,
    summary: 'Of an execution: steps, timeouts, spurious-wakeups or store-buffer.',
  }),
  'memory-mb': Flags.integer({
    min: 64,
    max: 16_777_216,
    env: 'KVTOOL_MEMORY_MB',
    helpGroup: groups.schedule,
    summary: 'Address space that the explorer may have. Default 4096.',
  }),
};

export const perfettoFlag = Flags.string({
  env: 'KVTOOL_PERFETTO',
  helpValue: 'FILE',
  helpGroup: groups.output,
  summary: 'Write the trace of the failure there, for ui.perfetto.dev.',
});

import { Flags } from '@oclif/core';
import { deviceFlag, duration, groups } from './shared.js';

export const driverTableFlags = {
  device: deviceFlag,
  'driver-model': Flags.option({
    options: ['580-cuda13', '575-cuda12', 'hip'] as const,
    default: '580-cuda13',
    env: 'KVTOOL_DRIVER_MODEL',
    helpGroup: groups.scenario,
    summary: 'Which driver the simulated device behaves like.',
  })(),
  extended: Flags.boolean({
    env: 'KVTOOL_EXTENDED',
    helpGroup: groups.scenario,
    summary: 'Also measure six calls that are not in the table of 351 cells.',
  }),
  'blocks-after': duration({
    env: 'KVTOOL_BLOCKS_AFTER',
    helpGroup: groups.watchdog,
    summary: 'A call that has not returned by then blocks. Default 400ms.',
  }),
  jobs: Flags.integer({
    min: 1,
    env: 'KVTOOL_JOBS',
    helpGroup: groups.schedule,
    summary: 'Processes at a time. Default: as many as do not disturb the measurement.',
  }),
  csv: Flags.boolean({
    env: 'KVTOOL_CSV',
    exclusive: ['json'],
    helpGroup: groups.output,
    summary: 'Print the cells as CSV and nothing else.',
  }),
  compare: Flags.file({
    env: 'KVTOOL_COMPARE',
    helpValue: 'FILE',
    helpGroup: groups.output,
    summary: "Name the cells that differ from another driver's table, a file that --csv wrote.",
  }),
};

import { Flags } from '@oclif/core';
import { annotateModes } from '../services/annotate.js';
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

export const deadlockCheckFlags = {
  runtime: list({
    multiple: true,
    env: 'KVTOOL_RUNTIME',
    helpValue: 'js|python',
    helpGroup: groups.scenario,
    summary: 'Which runtimes; repeat it for several. Default: all that this machine has.',
  }),
  device: deviceFlag,
  python: pythonFlag,
  repeat: Flags.integer({
    min: 1,
    default: 3,
    env: 'KVTOOL_REPEAT',
    helpGroup: groups.schedule,
    summary: 'Runs of each path.',
  }),
  seed: seedFlag,
  inactivity: inactivityFlag,
  deadline: duration({
    env: 'KVTOOL_DEADLINE',
    helpGroup: groups.watchdog,
    summary: 'The whole check takes no longer. Default: BUILDKITE_TIMEOUT less a minute, else none.',
  }),
  junit: junitFlag,
  annotate: Flags.option({
    options: annotateModes,
    default: 'auto',
    env: 'KVTOOL_ANNOTATE',
    helpGroup: groups.output,
    summary: 'Annotate the Buildkite build; auto: inside a job, when the agent is on the PATH.',
  })(),
  'run-dir': runDirFlag,
};

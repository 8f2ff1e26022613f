import { Flags } from '@oclif/core';
import { explainFlags } from './explain.js';
import { duration, groups } from './shared.js';

const targetGroup = 'TARGET';
const lookGroup = 'LOOK';

export const dumpFlags = {
  name: Flags.string({
    env: 'KVTOOL_NAME',
    helpValue: 'PATTERN',
    helpGroup: targetGroup,
    summary: 'The process of this user whose name or command line matches this regular expression.',
  }),
  tree: Flags.boolean({
    env: 'KVTOOL_TREE',
    helpGroup: targetGroup,
    summary: 'Also all descendants: one verdict over all of them.',
  }),
  core: Flags.string({
    env: 'KVTOOL_CORE',
    helpValue: 'FILE',
    exclusive: ['name', 'tree', 'freeze', 'no-stop', 'samples'],
    helpGroup: targetGroup,
    summary: 'The process that left this core file, instead of a live one.',
  }),
  exe: Flags.string({
    env: 'KVTOOL_EXE',
    helpValue: 'FILE',
    dependsOn: ['core'],
    helpGroup: targetGroup,
    summary: 'The program of the core file, when it is not where it was.',
  }),
  sysroot: Flags.string({
    env: 'KVTOOL_SYSROOT',
    helpValue: 'FOLDER',
    dependsOn: ['core'],
    helpGroup: targetGroup,
    summary: 'Where the files are that the process of the core file had mapped.',
  }),
  'no-stop': Flags.boolean({
    env: 'KVTOOL_NO_STOP',
    exclusive: ['freeze'],
    helpGroup: lookGroup,
    summary: 'Stop no thread at all. Threads that run have no native stack then.',
  }),
  freeze: Flags.boolean({
    env: 'KVTOOL_FREEZE',
    helpGroup: lookGroup,
    summary: 'Stop all threads together for some milliseconds: one coherent picture. Can wake blocked calls.',
  }),
  lines: Flags.boolean({
    env: 'KVTOOL_LINES',
    helpGroup: lookGroup,
    summary: 'Also file, line and inlined functions of native frames, from debug information: slower.',
  }),
  samples: Flags.integer({
    min: 1,
    max: 1000,
    default: 1,
    env: 'KVTOOL_SAMPLES',
    helpGroup: lookGroup,
    summary: 'How often to look: two looks tell stuck from slow.',
  }),
  interval: duration({
    env: 'KVTOOL_INTERVAL',
    helpGroup: lookGroup,
    summary: 'Time from one look to the next. Default 1s.',
  }),
  deadline: duration({
    env: 'KVTOOL_DEADLINE',
    helpGroup: lookGroup,
    summary: 'One look takes no longer. Default 10s.',
  }),
  full: Flags.boolean({
    env: 'KVTOOL_FULL',
    helpGroup: groups.output,
    summary: 'Put command lines and environments into --json as they are. They may hold secrets.',
  }),
  raw: Flags.string({
    env: 'KVTOOL_RAW',
    helpValue: 'FILE',
    helpGroup: groups.output,
    summary: 'Write what was read there; kvtool explain FILE gives the verdict again, elsewhere.',
  }),
  ...explainFlags,
};

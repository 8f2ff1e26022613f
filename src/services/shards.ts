/** Which part of a large job this process does: as asked for, or as the batch system says. */
import { Abort } from '../errors.js';
import { exitCodes } from '../exit-codes.js';

export interface Shard {
  /** From 0. */
  index: number;
  of: number;
}

/** More than any cluster starts; keeps the ranges of seeds apart in 62 bits. */
const mostShards = 1_000_000;

interface Source {
  index: string;
  of: string;
  /** Who sets them. */
  who: string;
}

/** Buildkite's parallel jobs, a Kubernetes indexed Job (which does not tell how many it has) and Slurm's tasks. */
const sources: readonly Source[] = [
  { index: 'BUILDKITE_PARALLEL_JOB', of: 'BUILDKITE_PARALLEL_JOB_COUNT', who: 'Buildkite' },
  { index: 'JOB_COMPLETION_INDEX', of: 'KVTOOL_SHARD_COUNT', who: 'Kubernetes' },
  { index: 'SLURM_PROCID', of: 'SLURM_NTASKS', who: 'Slurm' },
];

/**
 * `3/8` is the third of eight; `auto` reads the environment, and is the only shard where that says nothing.
 *
 * @throws Abort (exit 2)
 */
export function parseShard(text: string, env: NodeJS.ProcessEnv): Shard {
  if (text === 'auto') return fromEnvironment(env);
  const match = /^(\d{1,7})\/(\d{1,7})$/.exec(text.trim());
  const [, number = '', of = ''] = match ?? [];
  return checked({ index: Number(number) - 1, of: Number(of) }, `--shard ${text}`, match !== null);
}

function fromEnvironment(env: NodeJS.ProcessEnv): Shard {
  const source = sources.find(({ index }) => (env[index] ?? '') !== '');
  if (source === undefined) return { index: 0, of: 1 };
  const [index = '', of = ''] = [env[source.index], env[source.of]];
  if (of === '') {
    throw new Abort(`found ${source.index}=${index} (${source.who}) without ${source.of}`, exitCodes.usage, [
      `set ${source.of} to the number of shards`,
    ]);
  }
  const areNumbers = /^\d{1,7}$/.test(index) && /^\d{1,7}$/.test(of);
  const said = `${source.index}=${index}, ${source.of}=${of} (${source.who})`;
  return checked({ index: Number(index), of: Number(of) }, said, areNumbers);
}

function checked(shard: Shard, said: string, isRead: boolean): Shard {
  const { index, of } = shard;
  if (isRead && of >= 1 && of <= mostShards && index >= 0 && index < of) return shard;
  throw new Abort(`found ${said}, expected a shard such as 1/8 to 8/8, or auto`, exitCodes.usage);
}

/** Of executions that are counted, and of those that go on until the time is over: ranges that never meet. */
export function shardRange(
  { index, of }: Shard,
  executions: number | undefined,
): { first: number; executions: number } {
  if (executions === undefined) {
    const apart = Math.floor(Number.MAX_SAFE_INTEGER / of);
    return { first: index * apart, executions: 0 };
  }
  const share = Math.floor(executions / of);
  const more = executions % of;
  return { first: index * share + Math.min(index, more), executions: share + (index < more ? 1 : 0) };
}

import { describe, expect, it } from 'vitest';
import { Abort } from '../../src/errors.js';
import { parseShard, shardRange } from '../../src/services/shards.js';

describe('parseShard', () => {
  it.each([
    ['1/1', {}, { index: 0, of: 1 }],
    ['3/8', {}, { index: 2, of: 8 }],
    ['auto', {}, { index: 0, of: 1 }],
    ['auto', { BUILDKITE_PARALLEL_JOB: '2', BUILDKITE_PARALLEL_JOB_COUNT: '5' }, { index: 2, of: 5 }],
    ['auto', { JOB_COMPLETION_INDEX: '0', KVTOOL_SHARD_COUNT: '4' }, { index: 0, of: 4 }],
    ['auto', { SLURM_PROCID: '7', SLURM_NTASKS: '8' }, { index: 7, of: 8 }],
    ['2/2', { SLURM_PROCID: '7', SLURM_NTASKS: '8' }, { index: 1, of: 2 }],
  ])('%s with %j', (text, env, shard) => {
    expect(parseShard(text, env)).toEqual(shard);
  });

  it.each([
    ['0/3', {}, /found --shard 0\/3/],
    ['4/3', {}, /expected a shard such as 1\/8/],
    ['1/0', {}, /expected a shard/],
    ['one', {}, /expected a shard/],
    ['-1/3', {}, /expected a shard/],
    [
      'auto',
      { JOB_COMPLETION_INDEX: '3' },
      /found JOB_COMPLETION_INDEX=3 \(Kubernetes\) without KVTOOL_SHARD_COUNT/,
    ],
    ['auto', { SLURM_PROCID: '8', SLURM_NTASKS: '8' }, /found SLURM_PROCID=8, SLURM_NTASKS=8 \(Slurm\)/],
    ['auto', { BUILDKITE_PARALLEL_JOB: 'x', BUILDKITE_PARALLEL_JOB_COUNT: '5' }, /\(Buildkite\)/],
  ])('refuses %s with %j', (text, env, message) => {
    expect(() => parseShard(text, env)).toThrow(Abort);
    expect(() => parseShard(text, env)).toThrow(message);
  });
});

describe('shardRange', () => {
  it.each([
    [10, 3],
    [7, 7],
    [1_000_000_007, 13],
  ])('cuts %d executions into %d ranges that meet and do not overlap', (executions, of) => {
    let next = 0;
    for (let index = 0; index < of; index++) {
      const range = shardRange({ index, of }, executions);
      expect(range.first).toBe(next);
      next += range.executions;
    }
    expect(next).toBe(executions);
  });

  it('keeps shards without an end far apart', () => {
    const [a, b] = [0, 1].map((index) => shardRange({ index, of: 1000 }, undefined).first);
    expect((b ?? 0) - (a ?? 0)).toBeGreaterThan(1e12);
  });
});

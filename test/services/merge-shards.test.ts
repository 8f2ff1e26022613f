import { writeFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import type { ShardReport } from '../../src/report/shard-report.js';
import { mergeShards } from '../../src/services/merge-shards.js';
import { shardLines } from '../../src/services/shard-file.js';
import { limits } from '../model/doubles.js';
import { temporaryFolder } from './doubles.js';

type Finding = ShardReport['findings'][number];

function finding(values: Partial<Finding> = {}): Finding {
  const schedule = 'kv1.two-locks.buggy.sc.0123456789ab:>t0';
  return {
    outcome: 'deadlock',
    message: '',
    count: 3,
    first: 17,
    steps: 9,
    schedule,
    replay: 'kvtool',
    ...values,
  };
}

function shard(index: number, values: Partial<ShardReport> = {}): ShardReport {
  return {
    ...{
      schemaVersion: 1,
      command: 'stress',
      on: 'model',
      scenario: 'two-locks',
      family: 'C0',
      variant: 'fixed',
    },
    ...{
      summary: 'in order',
      model: 'sc',
      parameters: { threads: 2 },
      limits,
      seed: 7,
      shard: { index, of: 3 },
    },
    ...{
      expected: { outcome: 'ok', message: '' },
      first: index * 100,
      asked: 100,
      executions: 100,
      steps: 400,
    },
    ...{
      unended: 0,
      seconds: 0.1,
      complete: true,
      findings: [],
      findingsNotKept: 0,
      exitCode: 0,
      warnings: [],
    },
    judgement: { result: 'as-expected', because: '', exitCode: 0 },
    ...values,
  };
}

async function merged(...texts: string[]) {
  const folder = await temporaryFolder();
  const files = texts.map((_, index) => `${folder}/${index}.ndjson`);
  await Promise.all(files.map((file, index) => writeFile(file, texts[index] ?? '')));
  return mergeShards(files);
}
const three = (values: Partial<ShardReport> = {}) =>
  [0, 1, 2].map((index) => shardLines(shard(index, values)));

describe('mergeShards', () => {
  it('passes when all are there and clean', async () => {
    const report = await merged(...three());
    expect(report).toMatchObject({
      exitCode: 0,
      executions: 300,
      steps: 1200,
      missing: [],
      broken: [],
      of: 3,
    });
  });

  it('fails for a missing shard, by number', async () => {
    const [first = '', , third = ''] = three();
    const report = await merged(first, third);
    expect(report).toMatchObject({ exitCode: 75, missing: [2], judgement: { result: 'inconclusive' } });
    expect(report.judgement.because).toMatch(/^1 of 3 shards missing: 2\. /);
  });

  it('fails for a shard that breaks off, even in the middle of a line', async () => {
    const [first = '', second = '', third = ''] = three();
    const report = await merged(first, second.slice(0, -20), third);
    expect(report).toMatchObject({ exitCode: 75, executions: 200, broken: [{ shard: 2 }] });
    expect(report.judgement.because).toMatch(/1\.ndjson breaks off/);
  });

  it('fails for a shard that did not do all of it', async () => {
    const [first = '', , third = ''] = three();
    const report = await merged(first, shardLines(shard(1, { complete: false, executions: 60 })), third);
    expect(report).toMatchObject({
      exitCode: 75,
      broken: [{ shard: 2, why: 'it ran 60 of 100 executions' }],
    });
  });

  it('folds equal findings, and keeps the shortest schedule', async () => {
    const [first = '', , third = ''] = three({ findings: [finding({ steps: 12 })] });
    const short = finding({ steps: 4, first: 120, schedule: 'short' });
    const other = finding({ outcome: 'violation', message: 'I2: two owners', count: 1 });
    const report = await merged(first, shardLines(shard(1, { findings: [short, other] })), third);
    expect(report.findings).toHaveLength(2);
    expect(report.findings[0]).toMatchObject({
      count: 9,
      first: 17,
      steps: 4,
      schedule: 'short',
      shards: [1, 2, 3],
    });
    expect(report.findings[1]).toMatchObject({ count: 1, shards: [2] });
    expect(report).toMatchObject({ exitCode: 3, judgement: { result: 'unexpected' } });
  });

  it('lets a failure that was found stand before a shard that is missing', async () => {
    const race = finding({ outcome: 'race', message: 'data race on x' });
    const report = await merged(shardLines(shard(0, { findings: [race] })));
    expect(report).toMatchObject({ exitCode: 4, missing: [2, 3] });
  });

  it.each([
    ['another seed', shard(1, { seed: 8 }), /shards of different jobs: .*seed 7.*seed 8/],
    ['another size', shard(1, { parameters: { threads: 3 } }), /different jobs/],
    ['another number of shards', shard(1, { shard: { index: 1, of: 4 } }), /different jobs/],
    ['the same shard twice', shard(0), /found shard 1 twice/],
  ])('refuses %s', async (_, other, message) => {
    await expect(merged(shardLines(shard(0)), shardLines(other))).rejects.toThrow(message);
  });

  it.each(['', 'hello\n', '{"kind":"end"}\n', '[]\n', '{"kind":"shard","schemaVersion":1}\n'])(
    'refuses the file %j',
    async (text) => {
      await expect(merged(text)).rejects.toThrow(/found no shard in .*ndjson/);
    },
  );

  it('refuses a file that is not there', async () => {
    await expect(mergeShards(['/no/such/file'])).rejects.toThrow(/cannot read \/no\/such\/file/);
  });
});

/** `kvtool report merge`: one result out of the files of all shards. What is missing is a failure, never a pass. */

import { sayFirst } from '../diagnosis/say-first.js';
import { Abort } from '../errors.js';
import { exitCodes } from '../exit-codes.js';
import type { MergeReport } from '../report/shard-report.js';
import { strongest } from './exit-of.js';
import { jobOf, readShard, type ShardFile } from './shard-file.js';
import { judgeFindings } from './stress-model.js';

/** @throws Abort (exit 2) for files that are no shards, of different jobs, or twice the same shard */
export async function mergeShards(files: readonly string[]): Promise<MergeReport> {
  return merge(await Promise.all(files.map(readShard)));
}

export function merge(shards: readonly ShardFile[]): MergeReport {
  const [first] = shards;
  if (first === undefined) throw new Abort('found no file, expected those of all shards', exitCodes.usage);
  checkOneJob(first, shards);
  const { of } = first.head.shard;
  const present = new Set(shards.map(({ head }) => head.shard.index));
  const missing = Array.from({ length: of }, (_, index) => index)
    .filter((index) => !present.has(index))
    .map((index) => index + 1);
  const broken = shards.flatMap(({ head, end, file }) => {
    const shard = head.shard.index + 1;
    if (end === undefined) return [{ shard, why: `${file} breaks off: it did not finish` }];
    return end.complete ? [] : [{ shard, why: `it ran ${end.executions} of ${head.asked} executions` }];
  });
  const sum = (field: 'executions' | 'steps' | 'unended'): number =>
    shards.reduce((total, { end }) => total + (end?.[field] ?? 0), 0);
  const findings = fold(shards);
  const { kind: _, schemaVersion: __, shard: ___, first: ____, asked: _____, ...subject } = first.head;
  const executions = sum('executions');
  const found = judgeFindings(subject.expected, findings, executions);
  const lost = sayLost(of, missing, broken);
  const codes = lost === undefined ? [found.exitCode] : [found.exitCode, exitCodes.retry];
  return {
    ...{ schemaVersion: 1, command: 'report merge' },
    ...subject,
    ...{ of, missing, broken, executions, steps: sum('steps'), unended: sum('unended'), findings },
    judgement:
      lost === undefined
        ? found
        : {
            result: found.result === 'unexpected' ? 'unexpected' : 'inconclusive',
            because: `${lost} ${found.because}`,
            exitCode: strongest(codes),
          },
    exitCode: strongest(codes),
    warnings: [],
  };
}

/** How many shards a sentence names. */
const named = 10;

function sayLost(of: number, missing: readonly number[], broken: MergeReport['broken']): string | undefined {
  const parts = [
    ...(missing.length > 0
      ? [`${missing.length} of ${of} shards missing: ${sayFirst(missing, named, (shard) => String(shard))}`]
      : []),
    ...broken.map(({ shard, why }) => `shard ${shard}: ${why}`),
  ];
  return parts.length === 0 ? undefined : `${parts.join('; ')}.`;
}

function checkOneJob(first: ShardFile, shards: readonly ShardFile[]): void {
  const job = jobOf(first.head);
  const files = new Map<number, string>();
  for (const { file, head } of shards) {
    if (jobOf(head) !== job) {
      throw new Abort(
        `found shards of different jobs: ${first.file} is of ${job}; ${file} of ${jobOf(head)}`,
        exitCodes.usage,
        ['merge the files of one job only'],
      );
    }
    const twin = files.get(head.shard.index);
    if (twin !== undefined) {
      throw new Abort(`found shard ${head.shard.index + 1} twice: ${twin} and ${file}`, exitCodes.usage);
    }
    files.set(head.shard.index, file);
  }
}

/** Equal outcome and message are one finding; the shortest schedule stands for it. */
function fold(shards: readonly ShardFile[]): MergeReport['findings'] {
  const folded = new Map<string, MergeReport['findings'][number]>();
  for (const { head, findings } of shards) {
    for (const finding of findings) {
      const key = `${finding.outcome}\n${finding.message}`;
      const known = folded.get(key);
      const shard = head.shard.index + 1;
      if (known === undefined) {
        folded.set(key, { ...finding, shards: [shard] });
        continue;
      }
      const best = finding.steps < known.steps ? finding : known;
      folded.set(key, {
        ...best,
        count: known.count + finding.count,
        first: Math.min(known.first, finding.first),
        shards: [...known.shards, shard],
      });
    }
  }
  return [...folded.values()].sort((a, b) => b.count - a.count || a.steps - b.steps);
}

/** The file of one shard, as NDJSON: a line of kind `shard`, one for each `finding`, and one for the `end`. */
import { readFile, writeFile } from 'node:fs/promises';
import { Abort } from '../errors.js';
import { exitCodes } from '../exit-codes.js';
import type { ModelLimits, Subject } from '../model/lines.js';
import type { FindingReport, ShardReport } from '../report/shard-report.js';
import type { Shard } from './shards.js';

export interface ShardHead extends Subject {
  kind: 'shard';
  schemaVersion: 1;
  seed: number;
  shard: Shard;
  first: number;
  asked: number;
}

export interface ShardEnd {
  kind: 'end';
  executions: number;
  steps: number;
  unended: number;
  findingsNotKept: number;
  seconds: number;
  complete: boolean;
}

export interface ShardFile {
  file: string;
  head: ShardHead;
  findings: FindingReport[];
  /** Absent when the file breaks off. */
  end?: ShardEnd;
}

export function shardLines(report: ShardReport): string {
  const { scenario, family, variant, summary, model, parameters, limits, expected } = report;
  const { seed, shard, first, asked, executions, steps, unended, findingsNotKept, seconds, complete } =
    report;
  const head: ShardHead = {
    ...{ kind: 'shard', schemaVersion: 1 },
    ...{ scenario, family, variant, summary, model, parameters, limits, expected, seed, shard, first, asked },
  };
  const end: ShardEnd = { kind: 'end', executions, steps, unended, findingsNotKept, seconds, complete };
  const findings = report.findings.map((finding) => ({ kind: 'finding', ...finding }));
  return [head, ...findings, end].map((line) => `${JSON.stringify(line)}\n`).join('');
}

/** @throws Abort (exit 2) */
export async function writeShard(report: ShardReport, file: string): Promise<void> {
  try {
    await writeFile(file, shardLines(report));
  } catch (error) {
    throw new Abort(`cannot write ${file}: ${why(error)}`, exitCodes.usage, [
      'choose a file in a folder that exists',
    ]);
  }
}

/** A file that breaks off, even in the middle of a line, is read as far as it goes. @throws Abort (exit 2) */
export async function readShard(file: string): Promise<ShardFile> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    throw new Abort(`cannot read ${file}: ${why(error)}`, exitCodes.usage);
  }
  const lines = text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map(parse);
  const head = lines[0];
  if (!isHead(head)) {
    throw new Abort(
      `found no shard in ${file}, expected a file of kvtool stress --on model --ndjson`,
      exitCodes.usage,
    );
  }
  const end = lines.find((line): line is ShardEnd => kindOf(line) === 'end');
  const findings = lines.filter(
    (line): line is { kind: 'finding' } & FindingReport => kindOf(line) === 'finding',
  );
  return {
    ...{ file, head },
    findings: findings.map(({ kind: _, ...finding }) => finding),
    ...(end === undefined ? {} : { end }),
  };
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

function kindOf(line: unknown): unknown {
  return typeof line === 'object' && line !== null && 'kind' in line ? line.kind : undefined;
}

function isHead(line: unknown): line is ShardHead {
  if (kindOf(line) !== 'shard' || typeof line !== 'object' || line === null) return false;
  if (!('schemaVersion' in line) || line.schemaVersion !== 1 || !('shard' in line)) return false;
  const { shard } = line;
  return (
    typeof shard === 'object' &&
    shard !== null &&
    'of' in shard &&
    'index' in shard &&
    Number.isInteger(shard.of) &&
    Number.isInteger(shard.index)
  );
}

/** What must be equal for two shards to be of one job, as text. */
export function jobOf({ scenario, variant, model, parameters, limits, seed, shard }: ShardHead): string {
  const sizes = Object.entries(parameters).sort(([a], [b]) => (a < b ? -1 : 1));
  const said = sizes.map(([name, value]) => `${name}=${value}`);
  return [scenario, variant, model, ...said, sayLimits(limits), `seed ${seed}`, `${shard.of} shards`].join(
    ', ',
  );
}

function sayLimits({ steps, timeouts, spuriousWakeups, storeBuffer }: ModelLimits): string {
  return `limits ${[steps, timeouts, spuriousWakeups, storeBuffer].join('/')}`;
}

function why(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

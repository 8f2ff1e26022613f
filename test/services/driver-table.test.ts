import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Abort } from '../../src/errors.js';
import { packageRoot } from '../../src/package-root.js';
import { consoleDriverTable } from '../../src/report/console-driver-table.js';
import type { MeasuredCell } from '../../src/report/driver-table-report.js';
import type { CellAnswer, CellFailure, CellName } from '../../src/services/driver-cell.js';
import { type DriverTableRequest, driverTable } from '../../src/services/driver-table.js';
import { compareTables } from '../../src/services/driver-table-compare.js';
import { conclude } from '../../src/services/driver-table-conclusion.js';
import { parseCsv, toCsv } from '../../src/services/driver-table-csv.js';
import { problems } from '../contracts/schemas.js';
import { temporaryFolder } from './doubles.js';

const file = join(packageRoot, 'test/fixtures/driver-blocking-h200-580.159-cuda13.0.csv');
const measured = parseCsv(readFileSync(file, 'utf8'), file);
const hostFunction = 'host function that does not return';
const kernel = 'kernel that does not finish';
const plain = { paint: (await import('chalk')).default, unicode: false };

describe('the CSV file', () => {
  it('is written as it was read', () => {
    expect(measured).toHaveLength(351);
    expect(toCsv(measured)).toBe(readFileSync(file, 'utf8').replaceAll('\r\n', '\n'));
  });

  it('keeps commas and quotes in names', () => {
    const cell = {
      blocker: 'a',
      first: 'b, c',
      firstBlocks: true,
      second: 'say "x", y',
      secondBlocks: false,
    };
    expect(parseCsv(toCsv([cell]), 'x.csv')).toEqual([cell]);
  });

  const heading = toCsv([]);
  it.each([
    ['another file', 'name,age\n', /line 1: found "name,age", expected "blocker on stream S,/],
    ['too few fields', `${heading}a,b,yes,c\n`, /line 2: found 4 fields, expected 5/],
    ['too many', `${heading}a,b,yes,c,no,d\n`, /line 2: found 6 fields/],
    ['no answer', `${heading}a,b,yes,c,no\na,b,yes,c,maybe\n`, /line 3: found "maybe", expected yes or no/],
    ['nothing', '', /line 1: found ""/],
  ])('is refused when it is %s', (_, text, message) => {
    expect(() => parseCsv(text, 'x.csv')).toThrow(message);
    expect(() => parseCsv(text, 'x.csv')).toThrow(expect.objectContaining({ exitCode: 2 }));
  });
});

describe('comparing two tables', () => {
  it('names each cell that differs, and counts those that only one has', () => {
    const other = measured
      .slice(1)
      .map((cell, at) => (at === 0 ? { ...cell, secondBlocks: !cell.secondBlocks } : cell));
    const extra = {
      blocker: kernel,
      first: 'none',
      firstBlocks: false,
      second: 'cudaNew',
      secondBlocks: false,
    };

    const found = compareTables(measured, [...other, extra], 'other.csv');

    expect(found).toMatchObject({ file: 'other.csv', compared: 350, onlyHere: 1, onlyThere: 1 });
    expect(found.differences).toEqual([
      {
        ...{ blocker: hostFunction, first: 'none', second: 'launch of a loaded kernel, other stream' },
        ...{ here: 'first returns, second returns', there: 'first returns, second blocks' },
      },
    ]);
  });
});

describe('the conclusion from the measured table', () => {
  const conclusion = conclude(measured);

  it('names the calls that block their own thread', () => {
    expect(conclusion.blockTheirThread).toContain('cudaFree');
    expect(conclusion.blockTheirThread).toContain('2000 launches on S (queue full)');
    expect(conclusion.blockTheirThread).toContain('first launch of a not yet loaded module (printf)');
    expect(conclusion.blockTheirThread).not.toContain('cudaEventRecord, other stream');
  });

  it('names whom a blocked call takes with it', () => {
    const behind = (first: string) => conclusion.blockOthers.find((one) => one.first === first)?.blocked;
    expect(behind('cudaFree')).toContain('cudaEventRecord, other stream');
    expect(behind('2000 launches on S (queue full)')).toContain('cudaEventCreate');
    expect(behind('2000 launches on S (queue full)')).not.toContain('cudaEventRecord, other stream');
    expect(behind('cudaStreamSynchronize S')).toBeUndefined();
  });

  it('names the calls that are safe', () => {
    expect(conclusion.neverBlocked).toContain('cudaSetDevice');
    expect(conclusion.neverBlocked).not.toContain('cudaMalloc 1 MiB');
  });
});

const shape = {
  pairs: [
    { blocker: hostFunction, first: 'none' },
    { blocker: kernel, first: 'cudaFree' },
  ],
  seconds: [
    { name: 'cudaFree', extra: false },
    { name: 'cudaFreeHost', extra: true },
  ],
};
type Measure = (cell: CellName, call: number) => CellAnswer | CellFailure;

function tableOf(measure: Measure, request: Partial<DriverTableRequest> = {}) {
  const calls = new Map<string, number>();
  return driverTable(
    {
      ...{ device: 'cuda', model: '', extended: false, blocksAfterMs: 400 },
      ...{ signal: new AbortController().signal, ...request },
    },
    {
      tool: () => 'tool',
      tableShape: async () => shape,
      probeDevice: async () => 'NVIDIA H200',
      measureCell: async (_subject, cell) => {
        const key = JSON.stringify(cell);
        calls.set(key, (calls.get(key) ?? 0) + 1);
        return measure(cell, calls.get(key) ?? 0);
      },
    },
  );
}

describe('driverTable', () => {
  const blocks = { firstBlocks: false, secondBlocks: true };

  it('measures each cell once and keeps their order', async () => {
    const report = await tableOf(() => blocks, { extended: true });

    expect(report.cells.map(({ blocker, second }) => [blocker, second])).toEqual([
      [hostFunction, 'cudaFree'],
      [hostFunction, 'cudaFreeHost'],
      [kernel, 'cudaFree'],
      [kernel, 'cudaFreeHost'],
    ]);
    expect(report).toMatchObject({ exitCode: 0, deviceName: 'NVIDIA H200', failed: [], notRun: 0 });
    expect(problems('driver-table-report', report)).toEqual([]);
  });

  it('asks a cell that failed once more, and exits 5 when it fails again', async () => {
    const once = await tableOf((_, call) => (call === 1 ? { why: 'out of memory' } : blocks));
    expect(once).toMatchObject({ exitCode: 0, failed: [] });

    const twice = await tableOf(({ blocker }) => (blocker === kernel ? { why: 'out of memory' } : blocks));
    expect(twice.failed).toEqual([{ ...shape.pairs[1], second: 'cudaFree', why: 'out of memory' }]);
    expect(twice.exitCode).toBe(5);
    expect(problems('driver-table-report', twice)).toEqual([]);
    expect(consoleDriverTable(twice, plain)).toMatch(
      /no answer {2}cudaFree, after cudaFree.*\n {2}out of memory/,
    );
  });

  it('stops at an interrupt and says what it left out', async () => {
    const controller = new AbortController();
    const interrupted = () => {
      controller.abort();
      return blocks;
    };
    const report = await tableOf(interrupted, {
      jobs: 1,
      signal: controller.signal,
      interruptCode: () => 130,
    });
    expect(report).toMatchObject({ exitCode: 130, notRun: 1 });
    expect(report.cells).toHaveLength(1);
  });

  it('runs no more processes at a time than it was told', async () => {
    let running = 0;
    let most = 0;
    const measureCell = async (): Promise<CellAnswer> => {
      most = Math.max(most, ++running);
      await new Promise(setImmediate);
      running--;
      return blocks;
    };
    const request = { device: 'sim', model: '', extended: true, blocksAfterMs: 400, jobs: 2 } as const;
    const wide = {
      ...shape,
      seconds: Array.from({ length: 9 }, (_, at) => ({ name: `${at}`, extra: false })),
    };
    await driverTable(
      { ...request, signal: new AbortController().signal },
      { tool: () => 'tool', tableShape: async () => wide, probeDevice: async () => 'sim', measureCell },
    );
    expect(most).toBe(2);
  });

  it('warns when a first call did not answer the same in every cell', async () => {
    let flips = false;
    const report = await tableOf(
      () => {
        flips = !flips;
        return { firstBlocks: flips, secondBlocks: true };
      },
      { extended: true, jobs: 1 },
    );
    expect(report.warnings.join('\n')).toMatch(
      /cudaFree behind a kernel .* blocked in some cells and returned in others/,
    );
  });

  it('compares before it measures anything that the file could spoil', async () => {
    await expect(tableOf(() => blocks, { compare: '/nowhere/x.csv' })).rejects.toThrow(Abort);

    const folder = await temporaryFolder();
    const other = join(folder, 'other.csv');
    const cell: MeasuredCell = {
      blocker: hostFunction,
      first: 'none',
      second: 'cudaFree',
      firstBlocks: false,
      secondBlocks: false,
    };
    await writeFile(other, toCsv([cell]));
    const report = await tableOf(() => blocks, { compare: other });
    expect(report.comparison).toMatchObject({ compared: 1, onlyHere: 1, onlyThere: 0 });
    expect(problems('driver-table-report', report)).toEqual([]);
    const text = consoleDriverTable(report, plain);
    expect(text).toContain(`differs  1 of 1 cells from ${other}`);
    expect(text).toContain('here: first returns, second blocks; there: first returns, second returns');
  });
});

/** `kvtool driver-table`: which calls of a GPU driver block while another thread is stuck in it. */
import { availableParallelism } from 'node:os';
import { exitCodes } from '../exit-codes.js';
import { given } from '../given.js';
import { nativeTools } from '../harness/native-tools.js';
import type { DriverTableReport, FailedCell, MeasuredCell } from '../report/driver-table-report.js';
import type { DeviceName } from '../scenario/manifest.js';
import {
  type CellAnswer,
  type CellFailure,
  type CellName,
  measureCell,
  probeDevice,
  type Subject,
  tableShape,
} from './driver-cell.js';
import { compareTables, readTable } from './driver-table-compare.js';
import { conclude } from './driver-table-conclusion.js';

export interface DriverTableRequest {
  device: DeviceName;
  /** Of the simulated device. */
  model: string;
  /** Also the calls that are not in the first table of 351 cells. */
  extended: boolean;
  blocksAfterMs: number;
  /** Processes at a time. Default: what does not disturb the measurement. */
  jobs?: number;
  /** Another table, to compare with. */
  compare?: string;
  signal: AbortSignal;
  /** 130 or 143 once a signal came. */
  interruptCode?: () => number | undefined;
  onProgress?: (progress: DriverTableProgress) => void;
}

export interface DriverTableProgress {
  done: number;
  of: number;
  deviceName: string;
}

export interface DriverTableDependencies {
  tool: () => string;
  tableShape: typeof tableShape;
  probeDevice: typeof probeDevice;
  measureCell: typeof measureCell;
}

const real: DriverTableDependencies = {
  tool: () => nativeTools(['driverCell']).driverCell,
  tableShape,
  probeDevice,
  measureCell,
};

/** Variables that change how CUDA's driver blocks, or which device it shows. */
const variables = [
  'CUDA_MODULE_LOADING',
  'CUDA_LAUNCH_BLOCKING',
  'CUDA_VISIBLE_DEVICES',
  'CUDA_DEVICE_MAX_CONNECTIONS',
];
const stuckKernel = 'kernel that does not finish';
/** Processes whose kernels spin share the GPU by turns of milliseconds: more than two would slow each other's calls. */
const kernelJobs = 2;
/** A context and 300 MiB of buffers each. */
const gpuJobs = 6;

/** @throws Abort (exit 69 when there is no such device, 2 for a table that cannot be read) */
export async function driverTable(
  request: DriverTableRequest,
  use: DriverTableDependencies = real,
): Promise<DriverTableReport> {
  const began = new Date();
  const other = request.compare === undefined ? undefined : await readTable(request.compare);
  const subject: Subject = { tool: use.tool(), device: request.device, model: request.model };
  const names = cellNames(await use.tableShape(subject.tool), request.extended);
  const deviceName = await use.probeDevice(subject);
  const results = await measureAll(request, subject, names, deviceName, use);

  const cells: MeasuredCell[] = [];
  const failed: FailedCell[] = [];
  for (const [at, result] of results.entries()) {
    const name = names[at];
    if (name === undefined || result === undefined) continue;
    if ('why' in result) failed.push({ ...name, why: result.why });
    else cells.push({ ...name, ...result });
  }
  const interrupt = request.interruptCode?.();
  return {
    schemaVersion: 1,
    command: 'driver-table',
    device: request.device,
    deviceName,
    measuredAt: began.toISOString(),
    durationMs: Date.now() - began.getTime(),
    blocksAfterMs: request.blocksAfterMs,
    environment: given(Object.fromEntries(variables.map((name) => [name, process.env[name]]))) as Record<
      string,
      string
    >,
    ...{ cells, failed, notRun: names.length - cells.length - failed.length },
    conclusion: conclude(cells),
    ...(other === undefined ? {} : { comparison: compareTables(cells, other, request.compare ?? '') }),
    exitCode: interrupt ?? (failed.length > 0 ? exitCodes.inconclusive : exitCodes.clean),
    warnings: warningsOf(cells, request.device),
  };
}

function cellNames(
  { pairs, seconds }: Awaited<ReturnType<typeof tableShape>>,
  extended: boolean,
): CellName[] {
  const wanted = seconds.filter(({ extra }) => extended || !extra);
  return pairs.flatMap((pair) => wanted.map(({ name }) => ({ ...pair, second: name })));
}

type Result = CellAnswer | CellFailure | undefined;

/** In the order of `names`; undefined for what an interrupt left out. */
async function measureAll(
  request: DriverTableRequest,
  subject: Subject,
  names: readonly CellName[],
  deviceName: string,
  use: DriverTableDependencies,
): Promise<Result[]> {
  const results = new Array<Result>(names.length);
  let done = 0;
  const measure = async (at: number): Promise<void> => {
    const name = names[at];
    if (name === undefined) return;
    results[at] = await measureTwice(subject, name, request.blocksAfterMs, use);
    request.onProgress?.({ done: ++done, of: names.length, deviceName });
  };
  const all = [...names.keys()];
  const spinning = all.filter((at) => names[at]?.blocker === stuckKernel);
  const jobs = request.jobs ?? (request.device === 'sim' ? availableParallelism() : gpuJobs);
  await inParallel(
    all.filter((at) => names[at]?.blocker !== stuckKernel),
    jobs,
    measure,
    request.signal,
  );
  const few = request.device === 'sim' ? jobs : Math.min(jobs, kernelJobs);
  await inParallel(spinning, few, measure, request.signal);
  return results;
}

/** A process may fail for a reason outside of the cell, such as memory that another one has right now: twice is a fact. */
async function measureTwice(
  subject: Subject,
  name: CellName,
  blocksAfterMs: number,
  use: DriverTableDependencies,
): Promise<CellAnswer | CellFailure> {
  const result = await use.measureCell(subject, name, blocksAfterMs);
  return 'why' in result ? use.measureCell(subject, name, blocksAfterMs) : result;
}

async function inParallel(
  items: readonly number[],
  jobs: number,
  work: (item: number) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const left = items.values();
  const worker = async (): Promise<void> => {
    for (const item of left) {
      if (signal.aborted) return;
      await work(item);
    }
  };
  await Promise.all(Array.from({ length: Math.min(jobs, items.length) }, worker));
}

function warningsOf(cells: readonly MeasuredCell[], device: DeviceName): string[] {
  const warnings: string[] = [];
  if (device === 'cuda' && process.env.CUDA_MODULE_LOADING === 'EAGER') {
    warnings.push(
      'CUDA_MODULE_LOADING is EAGER: modules load when they are registered, and no launch is a first one.',
    );
  }
  const firsts = new Map<string, Set<boolean>>();
  for (const { blocker, first, firstBlocks } of cells) {
    const key = `${first} behind a ${blocker}`;
    firsts.set(key, (firsts.get(key) ?? new Set()).add(firstBlocks));
  }
  for (const [key, answers] of firsts) {
    if (answers.size > 1) {
      warnings.push(`${key} blocked in some cells and returned in others: try a longer --blocks-after.`);
    }
  }
  return warnings;
}

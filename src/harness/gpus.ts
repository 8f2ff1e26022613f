/** Asks NVML about the GPUs, by kvtool-snapshot: a driver in trouble may never answer. */
import type { GpuReading } from '../diagnosis/gpus.js';
import { runSnapshot } from './snapshot-process.js';

export interface GpuQuestion {
  /** Path of kvtool-snapshot. */
  snapshot: string;
  signal?: AbortSignal;
}

/** NVML needs some 30 ms for each GPU when its driver is well. */
const deadlineMs = 3000;

/** Never rejects. */
export async function readGpus({ snapshot, signal }: GpuQuestion): Promise<GpuReading> {
  const ending = await runSnapshot({
    snapshot,
    args: ['--gpus'],
    deadlineMs,
    ...(signal === undefined ? {} : { signal }),
  });
  switch (ending.kind) {
    case 'written':
      return parse(ending.text) ?? none('kvtool-snapshot wrote something else');
    case 'late':
      return none(`NVML did not answer within ${deadlineMs} ms: the driver itself may hang (dmesg tells)`);
    case 'aborted':
      return none('it was interrupted');
    case 'not-started':
    case 'failed':
      return none(ending.message);
  }
}

function none(why: string): GpuReading {
  return { gpus: [], lack: `No GPU readings: ${why}.` };
}

function parse(text: string): GpuReading | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isReading(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isReading(value: unknown): value is GpuReading {
  if (typeof value !== 'object' || value === null) return false;
  return (
    'schemaVersion' in value && value.schemaVersion === 1 && 'gpus' in value && Array.isArray(value.gpus)
  );
}

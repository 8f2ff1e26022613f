/**
 * What to run next, where a dump comes to its end: which kernel of a GPU does not end cannot be seen from outside of
 * the driver.
 */
import { buildGraph } from './build-graph.js';
import { type GpuThread, gpuThreads } from './gpu-threads.js';
import type { Gpu } from './gpus.js';
import type { ProcessDump } from './process-dump.js';

/** One sentence or command each, in the order in which to take them. Empty where no thread waits for a GPU. */
export function nextSteps(dump: ProcessDump, gpus: readonly Gpu[] = []): string[] {
  const { graph } = buildGraph(dump);
  const waiting = [...graph.waits.values()].filter(({ resource }) => resource.startsWith('device:'));
  // Somebody of the process has it: the verdict says who.
  if (waiting.length === 0 || waiting.some(({ resource }) => graph.holdersOf(resource).length > 0)) return [];
  const threads = gpuThreads(dump);
  const isHip = threads.some(({ library }) => library === 'HIP' || library === 'HSA');
  return [
    ...sayBusy(dump, gpus),
    isHip ? sayRocgdb(dump.pid) : sayCudaGdb(dump.pid),
    'A kernel that is listed again some seconds later, at the same addresses, is the one that does not end. ' +
      'One of a collective (ncclDevKernel_..., ncclKernel_...) waits for its peers: dump the other ranks.',
    ...(threads.some(isCollective)
      ? ['A thread stands in NCCL: run kvtool dump on every rank, and compare which collective each is in.']
      : []),
  ];
}

function isCollective({ library, role }: GpuThread): boolean {
  return library === 'NCCL' && role === 'call';
}

function sayCudaGdb(pid: number): string {
  return `cuda-gdb -p ${pid} -batch -ex "info cuda kernels" -ex "info cuda warps"   (stops the process and its kernels while it looks)`;
}

function sayRocgdb(pid: number): string {
  return `rocgdb -p ${pid} -batch -ex "info agents" -ex "info queues" -ex "info threads"   (stops the process and its kernels while it looks)`;
}

/** The driver says whether any kernel ran lately, but not whose. */
function sayBusy({ pid }: ProcessDump, gpus: readonly Gpu[]): string[] {
  const own = gpus.filter(({ processes }) => processes.some((process) => process.pid === pid));
  const told = (own.length > 0 ? own : gpus).filter(({ busyPercent }) => busyPercent !== undefined);
  if (told.length === 0) return [];
  if (told.every(({ busyPercent }) => busyPercent === 0)) {
    return [
      'No kernel runs on these GPUs: the stream waits for something else, such as an event that nobody records, a value in ' +
        'memory (cuStreamWaitValue) or a host function of another process.',
    ];
  }
  return [];
}

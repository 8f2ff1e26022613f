/** The part of a dump that speaks of the GPU, for console and Markdown. */
import type { Gpu } from '../diagnosis/gpus.js';
import { sayFirst } from '../diagnosis/say-first.js';
import type { DumpedGpu, DumpedGpuThread } from './dump-report.js';
import { count } from './format.js';

/** How many helpers a line names. */
const named = 4;

export function gpuLines({ threads, devices, lack }: DumpedGpu): string[] {
  const helpers = threads.filter(({ role }) => role === 'helper');
  const libraries = [...new Set(helpers.map(({ library }) => library))];
  return [
    ...threads.filter(({ role }) => role !== 'helper').map(sayThread),
    ...libraries.map((library) => {
      const own = helpers.filter((helper) => helper.library === library);
      return `${count(own.length, 'helper thread')} of ${library}: ${sayFirst(own, named, sayWho)}`;
    }),
    ...devices.map((gpu) => sayGpu(gpu, new Set(threads.map(({ pid }) => pid)))),
    ...(lack === undefined ? [] : [lack]),
  ];
}

function sayThread(thread: DumpedGpuThread): string {
  const { role, call, library, spins } = thread;
  if (role === 'host-function') return `${sayWho(thread)} runs a host function that ${library} called`;
  return `${sayWho(thread)} is in ${call} of ${library}${spins ? ', and spins' : ''}`;
}

function sayWho({ name, tid }: DumpedGpuThread): string {
  return `${name} (tid ${tid})`;
}

function sayGpu(
  { index, name, busyPercent, usedBytes, totalBytes, processes }: Gpu,
  pids: Set<number>,
): string {
  const own = processes.filter(({ pid }) => pids.has(pid));
  const others = processes.length - own.length;
  const parts = [
    busyPercent === undefined ? undefined : `kernels ran for ${busyPercent} % of the last moment`,
    usedBytes === undefined || totalBytes === undefined
      ? undefined
      : `${gib(usedBytes)} of ${gib(totalBytes)} GiB used`,
    ...own.map(({ pid, usedBytes: bytes }) =>
      bytes === undefined ? `process ${pid} is on it` : `process ${pid} has ${gib(bytes)} GiB`,
    ),
    others === 0 ? undefined : sayOthers(others, own.length > 0),
  ].filter((part) => part !== undefined);
  return `GPU ${index} (${name}): ${parts.join('; ') || 'nothing more is told'}`;
}

function sayOthers(amount: number, isMore: boolean): string {
  const noun = amount === 1 ? 'process' : 'processes';
  return `${amount} ${isMore ? 'other ' : ''}${noun} on it`;
}

function gib(bytes: number): string {
  return (bytes / 2 ** 30).toFixed(1);
}

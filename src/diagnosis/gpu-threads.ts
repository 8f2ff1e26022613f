/** Which threads stand in a GPU's libraries, and what they do there. Live processes and texts alike. */
import { isWaitMachinery } from './frames.js';
import type { Frame, ProcessDump, ThreadDump } from './process-dump.js';
import { readThread, surest } from './reading.js';
import { labelOf } from './thread-label.js';

export type GpuLibrary = 'the CUDA driver' | 'the CUDA runtime' | 'NCCL' | 'HIP' | 'HSA';

export interface GpuThread {
  tid: number;
  name: string;
  library: GpuLibrary;
  /**
   * `host-function`: the driver has called the application on it. `call`: the application has called the library.
   * `helper`: the library's own.
   */
  role: 'host-function' | 'call' | 'helper';
  /** Of a call: the entry point, e.g. `cuStreamSynchronize`. */
  call?: string;
  /** It uses the CPU while it stands there: these libraries wait so. */
  spins: boolean;
}

interface Library {
  name: GpuLibrary;
  module: RegExp;
  /** Functions of its API, also where it is linked into something else. */
  entry: RegExp;
}

const libraries: readonly Library[] = [
  { name: 'NCCL', module: /^libnccl\b/, entry: /^p?nccl[A-Z]\w*$/ },
  { name: 'the CUDA driver', module: /^libcuda(\.so|-|\.\d|$)/, entry: /^cu[A-Z]\w*$/ },
  { name: 'the CUDA runtime', module: /^libcudart\b/, entry: /^cuda[A-Z]\w*$/ },
  { name: 'HIP', module: /^libamdhip64\b/, entry: /^hip[A-Z]\w*$/ },
  { name: 'HSA', module: /^libhsa-runtime64\b/, entry: /^hsa_\w+$/ },
];

export function gpuThreads(dump: ProcessDump): GpuThread[] {
  return dump.threads.flatMap((thread) => gpuThread(thread, dump) ?? []);
}

function gpuThread(thread: ThreadDump, dump: ProcessDump): GpuThread | undefined {
  const { tid, frames, state } = thread;
  const place = libraryAt(frames);
  if (place === undefined) return undefined;
  const who = { tid, name: labelOf(thread), library: place.library.name };
  // What the driver has called stands above its frames.
  if (surest(readThread(thread, dump), 'host-callback') !== undefined) {
    return { ...who, role: 'host-function', spins: false };
  }
  const call = entryOf(frames, place.library);
  const standsThere = frames.findIndex((frame) => !isWaitMachinery(frame)) >= place.at;
  if (!standsThere && call === undefined) return undefined;
  const spins = state === 'R' && standsThere;
  return call === undefined ? { ...who, role: 'helper', spins } : { ...who, role: 'call', call, spins };
}

/** The innermost frame that belongs to one of them. */
function libraryAt(frames: readonly Frame[]): { library: Library; at: number } | undefined {
  for (const [at, frame] of frames.entries()) {
    const library = frame.runtime === 'native' && libraries.find((each) => isOf(each, frame));
    if (library) return { library, at };
  }
  return undefined;
}

function isOf({ module, entry }: Library, frame: Frame): boolean {
  return module.test(frame.module ?? '') || entry.test(frame.function ?? '');
}

/** Where the library was entered: its outermost entry point. */
function entryOf(frames: readonly Frame[], { entry }: Library): string | undefined {
  return frames.findLast(({ function: name, runtime }) => runtime === 'native' && entry.test(name ?? ''))
    ?.function;
}

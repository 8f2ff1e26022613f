/** The part of the manifest that is about variants with parties of their own: own-parties.ts and its Python twins. */
import type { Expectation, Parameter, Run, Scenario, Variant } from '../../src/scenario/manifest.js';

const trtllm16172 = 'https://github.com/NVIDIA/TensorRT-LLM/pull/16172';
const lmcache4676 = 'https://github.com/LMCache/LMCache/issues/4676';
const trtllm13251 = 'https://github.com/NVIDIA/TensorRT-LLM/pull/13251';

export const ownSources: Scenario['sources'] = [
  { label: 'TensorRT-LLM 16172', url: trtllm16172 },
  { label: 'LMCache 4676', url: lmcache4676 },
  { label: 'TensorRT-LLM 13251', url: trtllm13251 },
];

export const ownParameters: readonly Parameter[] = [
  {
    name: 'foreign-event',
    summary:
      'unmap-waits-forever: who waits for the event of a client, a stream or the host before any stream',
    type: 'choice',
    default: 'stream',
    choices: ['stream', 'host'],
  },
  {
    name: 'client-dies',
    summary: 'unmap-waits-forever: when the client ends, before or after it has recorded its event',
    type: 'choice',
    default: 'before-record',
    choices: ['before-record', 'after-record'],
  },
  {
    name: 'binding',
    summary:
      'callable-lifetime: when the binding drops the runtime lock; before it owns the callable, never, or after',
    type: 'choice',
    default: 'drops-at-once',
    choices: ['drops-at-once', 'keeps', 'drops-round-enqueue'],
  },
];

export const ownVariants: readonly Variant[] = [
  {
    name: 'wait-under-lock',
    summary: 'A caller waits for a response that only a thread which needs the runtime lock completes',
    paths: ['callback', 'recorder', 'gpu-stamp'],
    source: trtllm16172,
  },
  {
    name: 'unmap-waits-forever',
    summary: "A reaper unmaps a dead client's memory behind an event that nobody will record",
    paths: ['recorder', 'gpu-stamp'],
    source: lmcache4676,
  },
  {
    name: 'callable-lifetime',
    summary: 'A binding drops the runtime lock before it owns the callable that it puts on a stream',
    paths: ['callback'],
    source: trtllm13251,
    defaults: { 'blocking-call': 'full-queue' },
  },
];

type Expect = (run: Run, launcherWaits: string) => Expectation;

const expectations: Readonly<Record<string, Expect>> = {
  'wait-under-lock': (run) =>
    isKept(run)
      ? hang(
          run,
          'gil-vs-native-mutex',
          ['future:response', lockOf(run)],
          'neither the caller nor its response can go on',
        )
      : clean('the caller waits with the runtime lock dropped'),
  'unmap-waits-forever': (run) => {
    if (run.parameters['foreign-event'] === 'host') return clean('no stream waits for a client');
    if (run.parameters['client-dies'] === 'after-record') return clean('the client has recorded its event');
    if (!isKept(run))
      return broken('reaper-stuck-memory-not-returned', 'others go on, and the reaper waits for ever');
    const waits = ['device:idle', 'gone:the client'];
    return hang(
      run,
      'gil-vs-cuda-driver',
      waits,
      'the reaper keeps the runtime lock and waits for a client that has died',
    );
  },
  'callable-lifetime': (run, launcherWaits) => {
    switch (run.parameters.binding) {
      case 'keeps':
        return hang(
          run,
          'gil-vs-cuda-driver',
          [launcherWaits, lockOf(run)],
          'the binding waits in the driver with the runtime lock kept',
        );
      case 'drops-round-enqueue':
        return clean('the binding owns the callable before it drops the runtime lock');
      default:
        return broken('use-after-free', 'the last reference goes while the binding has a pointer only');
    }
  },
};

/**
 * Undefined for another variant.
 *
 * @param launcherWaits what the blocking call waits for
 */
export function expectOwn(run: Run, launcherWaits: string): Expectation | undefined {
  return expectations[run.variant]?.(run, launcherWaits);
}

/** Undefined for another variant. */
export function cutsOfOwn(run: Run): string[] | undefined {
  const lock = run.runtime === 'js' ? 'the JS thread' : 'the GIL';
  switch (run.variant) {
    case 'wait-under-lock':
      return [
        `Drop ${lock} while waiting for a future, a collective or a full pool (TensorRT-LLM 16172).`,
        `Let no thread need ${lock} on the way to completing what others wait for: hand the object over to be released later.`,
      ];
    case 'unmap-waits-forever':
      return [
        'Let the host ask whether the event of another process is complete before any stream waits for it.',
        `Synchronise with ${lock} dropped before unmapping: others go on, though the reaper stays where it is.`,
      ];
    case 'callable-lifetime':
      return [
        `Own the callable with ${lock} held, and drop it round the enqueue only (TensorRT-LLM 13251, 15855).`,
      ];
    default:
      return undefined;
  }
}

function lockOf({ runtime }: Run): string {
  return runtime === 'js' ? 'runtime-lock:JS thread' : 'runtime-lock:GIL';
}

function isKept({ parameters }: Run): boolean {
  return parameters['runtime-lock'] === 'held';
}

function clean(because: string): Expectation {
  return { kind: 'ok', family: 'none', waits: [], because };
}

function hang(run: Run, family: Expectation['family'], waits: string[], because: string): Expectation {
  return { kind: 'deadlock', family: run.runtime === 'js' ? 'js-thread-blocked' : family, waits, because };
}

function broken(invariant: string, because: string): Expectation {
  return { kind: 'violation', family: 'other', waits: [], broken: invariant, because };
}

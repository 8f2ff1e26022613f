import type { Expectation, Run, Scenario } from '../../src/scenario/manifest.js';
import { callbackThrough, packages, refuse } from './frameworks.js';
import { cutsOfOwn, expectOwn, ownParameters, ownSources, ownVariants } from './own-variants.js';

const lmcache2952 = 'https://github.com/LMCache/LMCache/pull/2952';
const lmcache2823 = 'https://github.com/LMCache/LMCache/pull/2823';
const lmcache3336 = 'https://github.com/LMCache/LMCache/pull/3336';
const lmcache3362 = 'https://github.com/LMCache/LMCache/issues/3362';
const trtllm15855 = 'https://github.com/NVIDIA/TensorRT-LLM/pull/15855';
const cudaPython2840 = 'https://github.com/NVIDIA/cuda-python/issues/2840';

const blockingCalls = ['first-load', 'free', 'full-queue', 'sync'] as const;
const entrantCalls = ['auto', 'event-record', 'event-create', 'set-device'] as const;
const driverModels = ['580-cuda13', '575-cuda12', 'hip'] as const;

/** What the launcher's wait is for, by blocking call: the resource as lock lines name it. */
const launcherWaits: Record<string, string> = {
  'first-load': 'device:idle',
  free: 'device:idle',
  'full-queue': 'stream:1',
  sync: 'stream:1',
};

function runtimeLock(run: Run): string {
  return run.runtime === 'js' ? 'runtime-lock:JS thread' : 'runtime-lock:GIL';
}

/** Why a path without callbacks cannot deadlock. */
const nativePaths = {
  recorder: 'host functions are native: they never need the runtime lock',
  'gpu-stamp': 'there is no host function: the stream goes on whatever any thread holds',
} as const;

/** The driver lock that the entrant needs while the launcher holds it; undefined when they do not meet. */
function contendedLock(run: Run): string | undefined {
  const blocking = run.parameters['blocking-call'];
  const model = driverModel(run);
  const call = entrantCall(run);
  if (blocking === 'sync') return undefined;
  if (call === 'event-create') return 'driver-lock:C';
  if (blocking === 'full-queue') return undefined;
  if (call === 'event-record') return 'driver-lock:W';
  return model === '575-cuda12' && blocking === 'first-load' ? 'driver-lock:R' : undefined;
}

/** How the device blocks; a real driver was measured to block as the default model does. */
function driverModel({ device, parameters }: Run): string {
  return device === 'sim' ? String(parameters['driver-model']) : '580-cuda13';
}

function entrantCall(run: Run): string {
  const chosen = String(run.parameters['entrant-call']);
  if (chosen !== 'auto') return chosen;
  return run.parameters['blocking-call'] === 'full-queue' ? 'event-create' : 'event-record';
}

function ok(because: string): Expectation {
  return { kind: 'ok', family: 'none', waits: [], because };
}

function deadlock(run: Run, waits: string[], because: string): Expectation {
  const overMutex = run.variant === 'mutex-then-gil';
  const family =
    run.runtime === 'js' ? 'js-thread-blocked' : overMutex ? 'gil-vs-native-mutex' : 'gil-vs-cuda-driver';
  return { kind: 'deadlock', family, waits, because };
}

function expect(run: Run): Expectation {
  const { parameters, variant } = run;
  const own = expectOwn(run, launcherWaits[String(parameters['blocking-call'])] ?? 'device:idle');
  if (own !== undefined) return own;
  const lock = runtimeLock(run);
  const kept = parameters['runtime-lock'] === 'held';
  if (variant === 'mutex-then-gil') {
    if (!kept) return ok('M is taken and given back with the runtime lock dropped');
    return deadlock(
      run,
      ['mutex:M', lock],
      'A holds M and needs the runtime lock again; B holds it and needs M',
    );
  }
  const runtimeCallsites =
    variant === 'one-callsite-left'
      ? Number(parameters['runtime-callsites'])
      : run.path === 'callback'
        ? 1
        : 0;
  if (runtimeCallsites === 0) return ok(nativePaths[run.path === 'gpu-stamp' ? 'gpu-stamp' : 'recorder']);
  if (!kept) return ok('every driver call drops the runtime lock, so the callback can always take it');
  if (variant === 'widened-lock') return ok('the only other driver call is inside the widened lock');
  const held = launcherWaits[String(parameters['blocking-call'])] ?? 'device:idle';
  if (variant === 'launch-under-gil') {
    return deadlock(run, [held, lock], 'the publisher waits in the driver with the runtime lock kept');
  }
  if (variant === 'destructor-syncs') {
    if (driverModel(run) !== 'hip') return ok('on CUDA destroying an event returns at once');
    if (parameters['live-events'] === 0) return ok('there is no event to destroy');
    return deadlock(run, ['device:idle', lock], 'the destructor synchronises with the runtime lock kept');
  }
  const contended = contendedLock(run);
  if (contended === undefined) return ok('the launcher holds no lock that the entrant needs while it waits');
  return deadlock(run, [contended, held, lock], 'nobody in the cycle gives up what the next one needs');
}

function cuts(run: Run): string[] {
  const own = cutsOfOwn(run);
  if (own !== undefined) return own;
  const lock = run.runtime === 'js' ? 'the JS thread' : 'the GIL';
  if (run.variant === 'mutex-then-gil') {
    return [
      `Drop ${lock} before taking M and take it again only after M is released (cuda-python 2840).`,
      'Order the guard objects so that the one that retakes the runtime lock is destroyed last.',
    ];
  }
  const cut = [
    `Make the host function native: stamp, append under a private mutex, return; let a thread that needs ${lock} drain it (LMCache 2952).`,
    `Drop ${lock} round every driver call, the short ones too: cudaSetDevice, cudaEventRecord, event destruction.`,
    'Or use no host function at all: let the GPU store its clock and a sequence number into pinned memory, and read that (--path gpu-stamp).',
    'Load modules before serving (CUDA_MODULE_LOADING=EAGER), so that no launch waits for an idle device.',
  ];
  if (run.variant === 'one-callsite-left') {
    const left = run.parameters['runtime-callsites'];
    cut.unshift(
      `Route the ${left} callsites still of kind "runtime callback" through the recorder: finish_write, finish_read_prefetched (LMCache 3336).`,
    );
  }
  if (run.variant === 'set-device-outside') {
    cut.push('Widening transfer_lock does not help: cudaSetDevice stays outside it (LMCache 2823).');
  }
  return cut;
}

const scenario: Scenario = {
  id: 'gil-hostfunc',
  title: 'A runtime callback on a stream against the driver',
  family: 'gil-vs-cuda-driver',
  sources: [
    { label: 'LMCache 2952', url: lmcache2952 },
    { label: 'LMCache 2823', url: lmcache2823 },
    { label: 'LMCache 3336', url: lmcache3336 },
    { label: 'LMCache 3362', url: lmcache3362 },
    { label: 'TensorRT-LLM 15855', url: trtllm15855 },
    { label: 'cuda-python 2840', url: cudaPython2840 },
    ...ownSources,
  ],
  summary:
    'A host function on a stream needs the language runtime (the GIL, the JS thread). One thread holds the runtime ' +
    'lock and waits for a driver lock; another holds that driver lock and waits for the device to be idle; the ' +
    'device is idle only when the host function has returned, and it waits for the runtime lock.',
  window:
    'A host function is pending, the launcher stands inside its wait, and the entrant has arrived at its own call. ' +
    'Who they are in each variant: scenarios/gil-hostfunc/README.md.',
  invariants: [
    'A host function never waits for a lock whose holder may wait for the host function.',
    'Callbacks scheduled minus callbacks run returns to 0.',
    'Events scheduled equal events delivered; none is lost.',
    'The heartbeat gap stays under 1 s.',
    'Every segment that was mapped is unmapped.',
    'No callable is used after its last reference has gone.',
  ],
  runtimes: ['js', 'python'],
  devices: ['sim', 'cuda'],
  parameters: [
    {
      name: 'workers',
      summary: 'Request workers that publish, each on a stream of its own',
      type: 'integer',
      default: 2,
      min: 1,
      max: 64,
      unit: 'threads',
    },
    {
      name: 'idle-workers',
      summary: 'Pool threads with nothing to do: bystanders',
      type: 'integer',
      default: 2,
      min: 0,
      max: 64,
      unit: 'threads',
    },
    {
      name: 'contexts',
      summary: 'Device contexts, each with a host-function executor',
      type: 'integer',
      default: 1,
      min: 1,
      max: 8,
    },
    {
      name: 'publishes-per-request',
      summary: 'Events that one request publishes',
      type: 'integer',
      default: 2,
      min: 1,
      max: 64,
    },
    {
      name: 'native-callsites',
      summary: 'one-callsite-left: callsites already on the recorder',
      type: 'integer',
      default: 4,
      min: 0,
      max: 16,
    },
    {
      name: 'runtime-callsites',
      summary: 'one-callsite-left: callsites that still run the runtime',
      type: 'integer',
      default: 2,
      min: 0,
      max: 16,
    },
    {
      name: 'blocking-call',
      summary: 'What the launcher does in the driver',
      type: 'choice',
      default: 'first-load',
      choices: blockingCalls,
    },
    {
      name: 'entrant-call',
      summary: 'What the entrant does in the driver; auto: a call that meets the blocking call',
      type: 'choice',
      default: 'auto',
      choices: entrantCalls,
    },
    {
      name: 'runtime-lock',
      summary: 'Whether the driver call under study keeps the runtime lock or drops it',
      type: 'choice',
      default: 'held',
      choices: ['held', 'dropped'],
    },
    callbackThrough,
    {
      name: 'driver-model',
      summary: 'Which driver the simulated device behaves like; a GPU has its own',
      type: 'choice',
      default: '580-cuda13',
      choices: driverModels,
    },
    {
      name: 'live-events',
      summary: 'destructor-syncs: events destroyed per request',
      type: 'integer',
      default: 4,
      min: 0,
      max: 8,
    },
    {
      name: 'steer',
      summary: 'Hold each kernel back until every party is in position',
      type: 'choice',
      default: 'on',
      choices: ['on', 'off'],
    },
    {
      name: 'kernel-us',
      summary: 'Longest time a kernel runs',
      type: 'integer',
      default: 20_000,
      min: 0,
      max: 10_000_000,
      unit: 'µs',
    },
    ...ownParameters,
  ],
  variants: [
    {
      name: 'buggy',
      summary:
        'Events are published by a runtime callback on the stream; another worker enters the driver with the runtime lock kept',
      paths: ['callback', 'recorder', 'gpu-stamp'],
      source: lmcache2952,
    },
    {
      name: 'fixed',
      summary: 'The same workers; events go through the native recorder, or by stamps of the GPU',
      paths: ['recorder', 'gpu-stamp'],
      source: lmcache2952,
    },
    {
      name: 'widened-lock',
      summary: 'Closed world: one lock of the runtime round the launch and the other driver call',
      paths: ['callback', 'recorder', 'gpu-stamp'],
      source: lmcache2823,
    },
    {
      name: 'set-device-outside',
      summary: 'The widened lock as it was proposed: cudaSetDevice stays outside it',
      paths: ['callback', 'recorder', 'gpu-stamp'],
      source: lmcache2823,
      defaults: { 'entrant-call': 'set-device', 'driver-model': '575-cuda12' },
    },
    {
      name: 'one-callsite-left',
      summary: 'Most callsites use the recorder, some still run a callback',
      paths: ['recorder', 'gpu-stamp'],
      source: lmcache3336,
    },
    {
      name: 'launch-under-gil',
      summary: 'The publisher itself waits in the driver with the runtime lock kept',
      paths: ['callback', 'recorder', 'gpu-stamp'],
      source: trtllm15855,
      defaults: { 'blocking-call': 'full-queue' },
    },
    {
      name: 'destructor-syncs',
      summary: 'A garbage-collected event whose destructor synchronises all streams',
      paths: ['callback', 'recorder', 'gpu-stamp'],
      source: lmcache3362,
      defaults: { 'driver-model': 'hip' },
    },
    {
      name: 'mutex-then-gil',
      summary: 'A binding takes its mutex, then the runtime lock again inside it',
      paths: ['callback', 'recorder', 'gpu-stamp'],
      source: cudaPython2840,
    },
    ...ownVariants,
  ],
  check: { variant: 'buggy' },
  refuse,
  packages,
  expect,
  cuts,
};

export default scenario;

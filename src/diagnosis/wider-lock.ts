/**
 * Why a Python lock does not cut a cycle through the GIL. People see two calls that block each other and put a Python
 * lock around them, or widen one that is there. True for every cycle of this shape, whatever the libraries are:
 *
 * - a lock around one party's call removes no wait: the others never ask for it;
 * - a lock around the calls of all Python parties only keeps these two apart: any other call that takes the same native
 *   lock with the GIL held steps into the cycle, and a callback that the driver starts must have the GIL before it could
 *   ask for any Python lock.
 *
 * What cuts the cycle removes a wait for good: a callback without the GIL, or a call that lets go of the GIL first.
 */
import { sayPlace } from './frames.js';
import type { Frame, ProcessDump } from './process-dump.js';
import { parseResource, sayWaits } from './resources.js';
import { gil } from './rules/rule.js';
import type { CycleStep } from './verdict.js';

/** The step that entered native code with the GIL held and waits there; absent when no such step is in the cycle. */
export function gilHolderIn(cycle: readonly CycleStep[]): CycleStep | undefined {
  return cycle.find((step) => step.holds === gil && parseResource(step.waitsFor).kind !== 'runtime-lock');
}

/** Absent when the GIL is no part of the cycle, or when the dump does not show the Python that its holder ran. */
export function whyNoWiderLock(cycle: readonly CycleStep[], dump: ProcessDump): string | undefined {
  const holder = gilHolderIn(cycle);
  const entry = holder && entryOf(holder, dump);
  if (holder === undefined || entry === undefined || cycle.length < 2) return undefined;
  const callback = cycle.find((step) => step.waitsFor === gil && isCallback(step, dump));
  const second = cycle.find(
    (step) => step !== holder && step !== callback && entryOf(step, dump) !== undefined,
  );
  const example = callback === undefined ? '' : ' (a transfer_lock around more of the code)';
  const sentences = [
    `Widening a Python lock${example} does not cut this cycle`,
    ...(second === undefined ? [] : [sayOneCall(holder, entry, second, dump)]),
    `A lock around ${second === undefined ? 'that call' : 'both calls'} leaves every other call that needs ` +
      `${sayWaits(holder.waitsFor)} with the GIL held: each closes the same cycle`,
    ...(callback === undefined ? [] : [sayCallback(callback)]),
    callback === undefined
      ? `What cuts it: let go of the GIL before ${holder.frame}, then nobody waits for ${holder.actor.name}`
      : `What cuts it: a callback that takes no GIL, then nobody waits for ${holder.actor.name}`,
  ];
  return `${sentences.join('. ')}.`;
}

/** Started by the driver, not by Python code that could have taken a lock before. */
function isCallback(step: CycleStep, dump: ProcessDump): boolean {
  return parseResource(step.holds).kind === 'device' || entryOf(step, dump) === undefined;
}

function sayOneCall(holder: CycleStep, entry: string, second: CycleStep, dump: ProcessDump): string {
  return (
    `A lock around ${entryOf(second, dump)}, where ${second.actor.name} is, does not cover ${entry}: there ` +
    `${holder.actor.name} enters ${holder.frame} with the GIL held, and waits for ${sayWaits(holder.waitsFor)}`
  );
}

function sayCallback({ actor, alike = [] }: CycleStep): string {
  const [who, verb, whose] =
    alike.length === 0
      ? [actor.name, 'waits', 'its']
      : [`The ${1 + alike.length} threads like ${actor.name}`, 'wait', 'their'];
  return `${who} ${verb} for the GIL before any Python lock could be asked for: ${whose} wait stays`;
}

/** The line of the user's own code, e.g. `store (server.py:296) in __enter__ (torch/cuda/__init__.py:550)`. */
export function entryOf({ actor }: CycleStep, dump: ProcessDump): string | undefined {
  const frames = dump.threads.find((thread) => thread.tid === actor.tid)?.frames ?? [];
  const python = frames.filter((frame) => frame.runtime === 'python' && frame.file !== undefined);
  const [inner] = python;
  if (inner === undefined) return undefined;
  const own = python.find((frame) => !isLibrary(frame)) ?? inner;
  return inner === own ? sayPlace(own) : `${sayPlace(own)} in ${sayPlace(inner)}`;
}

/** Frameworks and the standard library: their lines are not the ones to change. */
const libraries =
  /(^|\/)(torch|cupy|cupyx|numba|numpy|jax|triton|tensorflow|concurrent|asyncio|multiprocessing)\/|^(threading|selectors|queue|contextlib|functools)\.py$|^</;

function isLibrary({ file = '' }: Frame): boolean {
  return libraries.test(file);
}

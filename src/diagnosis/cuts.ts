/** What to change, derived from the cycle that was found: the family's cures, and which obvious one does not help. */
import type { FamilyRule } from './families.js';
import { sayPlace } from './frames.js';
import type { Frame, ProcessDump } from './process-dump.js';
import { parseResource, sayWaits } from './resources.js';
import { gil } from './rules/rule.js';
import type { CycleStep } from './verdict.js';

export function cutsOf(rule: FamilyRule, cycle: readonly CycleStep[], dump: ProcessDump): string[] {
  const cuts = [...rule.cuts];
  const callback = cycle.find((step) => parseResource(step.holds).kind === 'device' && step.waitsFor === gil);
  const holder = cycle.find(
    (step) => step.holds === gil && parseResource(step.waitsFor).kind !== 'runtime-lock',
  );
  if (holder !== undefined && callback !== undefined) {
    cuts.splice(1, 0, ...entryAdvice(holder, dump));
    const why = whyNoWiderLock(holder, callback, cycle, dump);
    if (why !== undefined) cuts.push(why);
  }
  return cuts;
}

function entryAdvice(holder: CycleStep, dump: ProcessDump): string[] {
  const entry = entryOf(holder, dump);
  return entry === undefined
    ? []
    : [
        `At least release the GIL around ${holder.frame}, which ${holder.actor.name} enters from ${entry.site}.`,
      ];
}

/**
 * People see two threads in the driver and put a Python lock round both calls. It only helps where every way into the
 * driver lies under it, and no host function is ever under it.
 */
function whyNoWiderLock(
  holder: CycleStep,
  callback: CycleStep,
  cycle: readonly CycleStep[],
  dump: ProcessDump,
): string | undefined {
  const entry = entryOf(holder, dump);
  if (entry === undefined) return undefined;
  const owner = cycle.find((step) => step !== holder && step !== callback);
  const owned = owner && entryOf(owner, dump);
  const callbacks = 1 + (callback.alike?.length ?? 0);
  const parties = callbacks === 1 ? callback.actor.name : `the ${callbacks} host-function threads`;
  const around =
    owner === undefined || owned === undefined
      ? 'the other call'
      : `${owned.site}, where ${owner.actor.name} is`;
  return (
    `A wider Python lock (a transfer lock around more of the code) does not cut this cycle. Around ${around}, it does ` +
    `not cover ${entry.site}: there ${holder.actor.name} enters ${holder.frame} with the GIL held and waits for ` +
    `${sayWaits(holder.waitsFor)}. Every other entry to the driver with the GIL held closes the same cycle, as long as ` +
    `${parties} must take the GIL. A native callback takes no GIL, and then nobody waits for ${holder.actor.name}.`
  );
}

interface Entry {
  /** e.g. `store (server.py:296)`. */
  site: string;
}

/** The line of the user's own code: the outermost one of the package's internals would not help anybody. */
function entryOf({ actor }: CycleStep, dump: ProcessDump): Entry | undefined {
  const frames = dump.threads.find((thread) => thread.tid === actor.tid)?.frames ?? [];
  const python = frames.filter((frame) => frame.runtime === 'python' && frame.file !== undefined);
  const own = python.find((frame) => !isLibrary(frame)) ?? python[0];
  const [inner] = python;
  if (own === undefined || inner === undefined) return undefined;
  const site = sayPlace(own);
  return { site: inner === own ? site : `${site} in ${sayPlace(inner)}` };
}

/** Frameworks and the standard library: their lines are not the ones to change. */
const libraries =
  /(^|\/)(torch|cupy|cupyx|numba|numpy|jax|triton|tensorflow|concurrent|asyncio|multiprocessing)\/|^(threading|selectors|queue|contextlib|functools)\.py$|^</;

function isLibrary({ file = '' }: Frame): boolean {
  return libraries.test(file);
}

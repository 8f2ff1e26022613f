/**
 * Where the actors of a model stand at the end of an execution, for the one diagnosis: each actor is a thread whose
 * lock line says what it holds and wants. All of it was read, and nothing can change any more.
 */
import { type Standing, sayOperation, sayPlace, type Trace } from '../model/trace.js';
import { diagnose } from './diagnose.js';
import type { LockLine, ProcessDump, ThreadDump } from './process-dump.js';
import type { Family, Verdict } from './verdict.js';

/** Only for an execution that came to no end; undefined for the others. */
export function verdictOfTrace(trace: Trace): Verdict | undefined {
  if (trace.outcome !== 'deadlock' && trace.outcome !== 'livelock') return undefined;
  const dump = dumpOf(trace);
  // Nobody can take another step: the state lasts, and a second look would show the same.
  const found = withoutTids(diagnose(dump, dump));
  const unknowns = found.unknowns.filter((unknown) => !/dump/.test(unknown));
  if (trace.outcome === 'livelock') {
    return {
      ...found,
      kind: 'livelock',
      family: found.cycle.length > 0 ? found.family : 'spin-wait',
      confidence: 1,
      unknowns,
      summary: found.cycle.length > 0 ? found.summary : standstillSentence(trace),
      cuts:
        found.cycle.length > 0
          ? found.cuts
          : ['Make what the loop waits for happen before it, or let it give up.'],
    };
  }
  if (found.cycle.length > 0) return { ...found, kind: 'deadlock', confidence: 1, unknowns };
  const family: Family = waiting(trace).some((actor) => wasNotified(trace, actor)) ? 'lost-wakeup' : 'other';
  return {
    ...found,
    ...{ kind: 'deadlock', family, confidence: 1, unknowns },
    summary: standstillSentence(trace),
    // `other` is many things, and what to do about one of them is no advice for the next.
    cuts:
      family === 'lost-wakeup'
        ? ['Change the condition under the mutex of the condition variable, and notify after every change.']
        : [],
  };
}

/** It waits for a condition variable that somebody did notify, too early. One that nobody notifies is not lost. */
function wasNotified(trace: Trace, { operation, waitsFor }: Standing): boolean {
  return (
    (waitsFor ?? '').startsWith('condvar:') &&
    trace.steps.some((step) => step.kind === 'notify' && step.object === operation?.object)
  );
}

function waiting(trace: Trace): Standing[] {
  return trace.standing.filter((actor) => !actor.ended && !actor.daemon);
}

function standstillSentence(trace: Trace): string {
  const stuck = waiting(trace);
  const each = stuck.map((actor) => {
    const where = sayPlace(actor.place);
    const what = actor.operation === undefined ? 'waits' : `stands at ${sayOperation(actor.operation)}`;
    return `${actor.actor} ${what}${where === '' ? '' : ` (${where})`}`;
  });
  const nobody = trace.outcome === 'livelock' ? 'nobody will change what they wait for' : 'nobody can go on';
  return `${each.join('; ')}: ${nobody}`;
}

function dumpOf(trace: Trace): ProcessDump {
  const tids = new Map(trace.standing.map((actor, index) => [actor.actor, index + 1]));
  const threads: ThreadDump[] = [];
  const lockLines: LockLine[] = [];
  for (const actor of trace.standing) {
    const tid = tids.get(actor.actor) ?? 0;
    if (actor.ended) continue;
    threads.push({ tid, name: actor.actor, state: 'S', cpuUs: 0, frames: [], stack: 'none' });
    lockLines.push({
      tid,
      name: actor.actor,
      // It has not ended: whoever joins it waits for it.
      holds: [...actor.holds, ...(actor.owes ?? []), `thread:${actor.actor}`],
      ...(actor.waitsFor === undefined ? {} : { wants: actor.waitsFor }),
      where: sayPlace(actor.place) || (actor.operation ? sayOperation(actor.operation) : 'the model'),
    });
  }
  return {
    schemaVersion: 1,
    pid: 1,
    takenAt: new Date(0).toISOString(),
    threads,
    lockLines,
    lacks: [],
    listsAllThreads: true,
  };
}

/** Actors of a model have names only. */
function withoutTids(verdict: Verdict): Verdict {
  return { ...verdict, summary: verdict.summary.replaceAll(/ \(tid \d+\)/g, '') };
}

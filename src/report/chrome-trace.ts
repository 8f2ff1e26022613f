/**
 * A trace for ui.perfetto.dev and chrome://tracing: Chrome's JSON (Trace Event Format). One track for each agent and
 * one for each lock; a step takes a millisecond.
 */
import { sayOperation, sayPlace, type Trace } from '../model/trace.js';

const stepUs = 1000;
const agentsPid = 1;
const locksPid = 2;

interface Event {
  ph: 'X' | 'M' | 'i';
  pid: number;
  tid: number;
  name: string;
  ts?: number;
  dur?: number;
  s?: 't';
  args?: Record<string, unknown>;
}

export function chromeTrace(trace: Trace, title: string): string {
  const agents = [...new Set([...trace.actors, ...trace.steps.map((step) => step.agent)])];
  const events: Event[] = [
    named('process_name', agentsPid, 0, title),
    named('process_name', locksPid, 0, 'locks'),
    ...agents.map((agent, index) => named('thread_name', agentsPid, index + 1, agent)),
    ...trace.steps.map((step, index): Event => {
      const { value, locks, buffers } = step;
      return {
        ...{ ph: 'X', pid: agentsPid, tid: agents.indexOf(step.agent) + 1 },
        ...{ name: sayOperation(step), ts: index * stepUs, dur: stepUs },
        args: { step: index + 1, at: sayPlace(step.place), value, locks, buffers },
      };
    }),
    ...lockEvents(trace),
    ...trace.standing
      .filter((actor) => !actor.ended && trace.outcome !== 'ok')
      .map((actor): Event => {
        const name = `${trace.outcome}: ${actor.operation === undefined ? '' : sayOperation(actor.operation)}`;
        const tid = agents.indexOf(actor.actor) + 1;
        const args = { at: sayPlace(actor.place), waitsFor: actor.waitsFor, holds: actor.holds };
        return { ph: 'i', s: 't', pid: agentsPid, tid, name, ts: trace.steps.length * stepUs, args };
      }),
  ];
  return `${JSON.stringify({ displayTimeUnit: 'ms', traceEvents: events })}\n`;
}

function named(name: 'process_name' | 'thread_name', pid: number, tid: number, what: string): Event {
  return { ph: 'M', pid, tid, name, args: { name: what } };
}

/** From the step that takes a lock to the one that gives it back, with its holders as the name. */
function lockEvents({ steps }: Trace): Event[] {
  const locks = [...new Set(steps.flatMap((step) => Object.keys(step.locks)))].sort();
  return locks.flatMap((lock, index) => {
    const tid = index + 1;
    const events: Event[] = [named('thread_name', locksPid, tid, lock)];
    let holders = '';
    let since = 0;
    const close = (at: number): void => {
      if (holders !== '')
        events.push({
          ph: 'X',
          pid: locksPid,
          tid,
          name: holders,
          ts: since * stepUs,
          dur: (at - since) * stepUs,
        });
    };
    for (const [at, step] of steps.entries()) {
      const now = (step.locks[lock] ?? []).join(', ');
      if (now === holders) continue;
      close(at);
      holders = now;
      since = at;
    }
    close(steps.length);
    return events;
  });
}

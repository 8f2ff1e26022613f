/** A trace as a table: a row for each step, a column for each agent. */
import { sayWaits } from '../diagnosis/resources.js';
import {
  type Comparison,
  type Standing,
  sayOperation,
  sayPlace,
  type Trace,
  type TraceStep,
} from '../model/trace.js';
import { table } from './table.js';

/** Columns of more agents would not fit on a screen. */
const mostColumns = 6;
/** Rows that are shown, the last ones. */
const mostRows = 80;

export function traceTable(trace: Trace): string {
  const agents = [...new Set([...trace.actors, ...trace.steps.map((step) => step.agent)])];
  const wide = agents.length > mostColumns;
  const showsBuffers = trace.steps.some((step) => step.buffers !== undefined);
  const columns = [
    { title: 'step', align: 'right' as const },
    ...(wide ? ['who', 'does'] : agents).map((title) => ({ title })),
    { title: 'at' },
    { title: 'locks after it' },
    ...(showsBuffers ? [{ title: 'in store buffers' }] : []),
  ];
  const from = Math.max(0, trace.steps.length - mostRows);
  const rows = trace.steps.slice(from).map((step, index) => {
    const does = sayStep(step);
    const cells = wide ? [step.agent, does] : agents.map((agent) => (agent === step.agent ? does : ''));
    return [String(from + index + 1), ...cells, sayPlace(step.place), sayLocks(step), sayBuffers(step)];
  });
  const stands = trace.standing.filter((actor) => !actor.ended);
  if (trace.outcome !== 'ok') {
    for (const actor of stands) {
      const does = sayStand(actor);
      const cells = wide ? [actor.actor, does] : agents.map((agent) => (agent === actor.actor ? does : ''));
      rows.push(['end', ...cells, sayPlace(actor.place), '', '']);
    }
  }
  const width = columns.length;
  const text = table(
    columns,
    rows.map((row) => row.slice(0, width)),
  );
  return from === 0 ? text : `${from} steps before these are not shown; --json has all\n${text}`;
}

function sayStep(step: TraceStep): string {
  const what = sayOperation(step);
  switch (step.kind) {
    case 'load':
    case 'store':
    case 'flush':
    case 'refresh':
    case 'bind':
    case 'modify':
    case 'late_value':
      return `${what} = ${step.value ?? 0}`;
    case 'try lock':
      return `${what}: ${step.value === 1 ? 'got it' : 'not free'}`;
    default:
      return what;
  }
}

function sayStand({ operation, waitsFor, failed }: Standing): string {
  if (failed) return 'fails';
  if (waitsFor === undefined) return '';
  return operation?.kind === 'spin' ? `spins on ${sayWaits(waitsFor)}` : `wants ${sayWaits(waitsFor)}`;
}

function sayLocks({ locks }: TraceStep): string {
  return Object.entries(locks)
    .map(([lock, holders]) => `${lock}: ${holders.join(' ')}`)
    .join(', ');
}

function sayBuffers({ buffers = {} }: TraceStep): string {
  return Object.entries(buffers)
    .map(
      ([actor, stores]) => `${actor}: ${stores.map(({ object, value }) => `${object}=${value}`).join(' ')}`,
    )
    .join(', ');
}

/** `At step 7 fixed would not have let R in: it would wait for mutex A, which W holds.` */
export function sayComparison({ variant, difference, refusal, outcome, message }: Comparison): string {
  const parts: string[] = [];
  if (difference !== undefined && (refusal === undefined || difference.step < refusal.step)) {
    const { step, agent, there, here } = difference;
    parts.push(`At step ${step} ${agent} does "${here}" in ${variant}, not "${there}".`);
  }
  if (refusal !== undefined) parts.push(sayRefusal(variant, refusal));
  const end =
    outcome === 'ok' ? 'it ends well' : `it ends in ${outcome}${message === '' ? '' : `: ${message}`}`;
  parts.push(
    refusal === undefined
      ? `Under the same schedule ${variant} is never held up; ${end}.`
      : `From there on ${end}.`,
  );
  return parts.join(' ');
}

function sayRefusal(variant: string, refusal: NonNullable<Comparison['refusal']>): string {
  const { step, agent, why, waitsFor, heldBy = [], place } = refusal;
  const at = place === undefined ? '' : ` (${sayPlace(place)})`;
  if (why !== 'waits') return `At step ${step} ${agent} ${why} in ${variant}.`;
  const held =
    heldBy.length > 0 ? `, which ${heldBy.join(' and ')} ${heldBy.length === 1 ? 'holds' : 'hold'}` : '';
  return `At step ${step} ${variant} would not have let ${agent} in: it would wait for ${sayWaits(waitsFor ?? 'a change')}${held}${at}.`;
}

/** A scenario of the model and its results, made up. */
import type { ModelScenario, VariantLine } from '../../src/model/lines.js';
import type { Trace } from '../../src/model/trace.js';

const deadlock = { outcome: 'deadlock', message: '' } as const;
const ok = { outcome: 'ok', message: '' } as const;
export const limits = { steps: 5000, timeouts: 2, spuriousWakeups: 0, storeBuffer: 8 };

export const modelDouble: ModelScenario = {
  ...{
    id: 'two-locks',
    family: 'C0',
    title: 'in a ring',
    source: 'a textbook',
    model: 'sc',
    limits,
    golden: '',
  },
  parameters: [{ name: 'threads', default: 2, min: 2, max: 6, summary: 'threads and locks' }],
  variants: [
    {
      ...{ name: 'buggy', summary: 'as they come', realThreads: true },
      expected: { sc: deadlock, tso: deadlock, pso: deadlock, arm: deadlock },
    },
    {
      ...{ name: 'fixed', summary: 'in order', realThreads: true },
      expected: { sc: ok, tso: ok, pso: ok, arm: ok },
    },
  ],
};

export function line(values: Partial<VariantLine>): VariantLine {
  return {
    ...{
      kind: 'result',
      scenario: 'two-locks',
      family: 'C0',
      variant: 'buggy',
      summary: 'as they come',
      model: 'sc',
    },
    ...{ parameters: { threads: 2 }, limits, expected: deadlock, seed: 1, conclusion: 'not-found' },
    explanation: 'explored 100 executions',
    ...values,
  };
}

/** Two actors that hold a lock each and want the other's. */
export function lockedTrace(values: Partial<Trace> = {}): Trace {
  const at = (row: number) => ({ file: 'two-locks/actors.h', line: row });
  return {
    ...{ outcome: 'deadlock', message: '', followed: true, actors: ['R', 'W'] },
    steps: [
      { agent: 'R', kind: 'lock', object: 'A', place: at(10), locks: { A: ['R'] } },
      { agent: 'W', kind: 'lock', object: 'B', place: at(20), locks: { A: ['R'], B: ['W'] } },
    ],
    standing: [
      {
        ...{
          actor: 'R',
          daemon: false,
          ended: false,
          holds: ['mutex:A'],
          waitsFor: 'mutex:B',
          place: at(11),
        },
        operation: { kind: 'lock', object: 'B' },
      },
      {
        ...{
          actor: 'W',
          daemon: false,
          ended: false,
          holds: ['mutex:B'],
          waitsFor: 'mutex:A',
          place: at(21),
        },
        operation: { kind: 'lock', object: 'A' },
      },
    ],
    ...values,
  };
}

export function failure(trace: Trace): NonNullable<VariantLine['failure']> {
  const { outcome, message, steps } = trace;
  return {
    ...{
      outcome,
      message,
      foundBy: 'random',
      executions: 3,
      seconds: 0.001,
      steps: steps.length,
      switches: 2,
    },
    ...{ schedule: 'kv1.two-locks.buggy.sc.0123456789ab:>t0', trace },
  };
}

import { describe, expect, it } from 'vitest';
import { verdictOfTrace } from '../../src/diagnosis/model-state.js';
import { problems } from '../contracts/schemas.js';
import { lockedTrace } from '../model/doubles.js';

const standing = (actor: string, waitsFor: string, kind: string, holds: string[] = []) => {
  return {
    actor,
    daemon: false,
    ended: false,
    holds,
    waitsFor,
    operation: { kind, object: waitsFor.split(':')[1] ?? '' },
  };
};

describe('verdictOfTrace', () => {
  it('gives the cycle of a deadlock, read and certain', () => {
    const verdict = verdictOfTrace(lockedTrace());
    expect(verdict).toMatchObject({ kind: 'deadlock', family: 'abba-mutex', confidence: 1, unknowns: [] });
    expect(verdict?.cycle.map(({ actor, waitsFor, frame }) => [actor.name, waitsFor, frame])).toEqual([
      ['R', 'mutex:B', 'two-locks/actors.h:11'],
      ['W', 'mutex:A', 'two-locks/actors.h:21'],
    ]);
    expect(
      verdict?.cycle.every((step) => step.holdsEvidence === 'read' && step.waitsEvidence === 'read'),
    ).toBe(true);
    expect(verdict?.summary).toBe(
      'cycle of 2: R holds mutex A and waits for mutex B; W holds mutex B and waits for mutex A',
    );
    expect(problems('verdict', verdict)).toEqual([]);
  });

  it('names who waits behind the cycle', () => {
    const trace = lockedTrace();
    trace.standing.push(standing('X', 'mutex:A', 'lock'));
    expect(verdictOfTrace(trace)?.bystanders).toMatchObject([
      { actor: { name: 'X' }, waitsFor: 'mutex:A', why: 'waits for a lock of the cycle' },
    ]);
  });

  it('follows joins to the actor that has not ended', () => {
    const trace = lockedTrace({
      standing: [
        standing('main', 'thread:worker', 'join', ['mutex:A']),
        standing('worker', 'mutex:A', 'lock'),
      ],
    });
    expect(verdictOfTrace(trace)?.cycle).toHaveLength(2);
  });

  it('follows what is awaited to who has to complete it', () => {
    const trace = lockedTrace({
      standing: [
        standing('caller', 'stream:1', 'wait for', ['runtime-lock:GIL']),
        { ...standing('executor', 'runtime-lock:GIL', 'lock'), daemon: true, owes: ['stream:1'] },
      ],
    });
    expect(verdictOfTrace(trace)).toMatchObject({
      family: 'gil-vs-cuda-driver',
      summary:
        'cycle of 2: caller holds the GIL and waits for the work of stream 1; executor keeps stream 1 busy and waits for the GIL',
    });
  });

  it('has no advice for what it cannot name', () => {
    const trace = lockedTrace({ standing: [standing('R', 'semaphore:future', 'acquire')] });
    expect(verdictOfTrace(trace)).toMatchObject({ family: 'other', cycle: [], cuts: [] });
  });

  it('calls a wait for a notification that has been a lost wake-up', () => {
    const trace = lockedTrace({ standing: [standing('R', 'condvar:full', 'wake from')] });
    const summary = 'R stands at wake from full: nobody can go on';
    expect(verdictOfTrace(trace)).toMatchObject({ kind: 'deadlock', family: 'other', cycle: [], summary });
    trace.steps.push({ agent: 'W', kind: 'notify', object: 'full', locks: {} });
    expect(verdictOfTrace(trace)).toMatchObject({
      ...{ kind: 'deadlock', family: 'lost-wakeup', confidence: 1, cycle: [], summary },
    });
  });

  it('calls a spin that nothing ends a livelock', () => {
    const trace = lockedTrace({ outcome: 'livelock', standing: [standing('R', 'variable:ready', 'spin')] });
    expect(verdictOfTrace(trace)).toMatchObject({ kind: 'livelock', family: 'spin-wait', confidence: 1 });
  });

  it.each(['ok', 'violation', 'race', 'bound'] as const)('has none for %s', (outcome) => {
    expect(verdictOfTrace(lockedTrace({ outcome }))).toBeUndefined();
  });
});

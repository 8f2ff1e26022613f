import { describe, expect, it } from 'vitest';
import { planLanes } from '../../src/services/several/plan.js';

const request = {
  ...{ scenarios: ['clear-unfenced'], all: false, variants: [], device: 'sim' as const },
  ...{ settings: [], isTimed: false, limits: [] },
};

describe('planLanes', () => {
  it('gives the model a bug that needs a weak memory, and threads the rest', async () => {
    const { lanes } = await planLanes(request);
    expect(lanes.map(({ variant, on, expected }) => [variant, on, expected])).toEqual([
      ['buggy', 'model', 'failure'],
      ['after-unpublish', 'threads', 'ok'],
      ['fixed', 'threads', 'ok'],
    ]);
  });

  it('leaves it on threads for who asks for threads', async () => {
    const { lanes } = await planLanes({ ...request, on: 'threads' });
    expect(lanes.map(({ on }) => on)).toEqual(['threads', 'threads', 'threads']);
  });
});

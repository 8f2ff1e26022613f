import { expect, test } from 'vitest';
import { Nap } from '../../src/harness/nap.js';

test('a nap ends by itself', async () => {
  await new Nap().wait(1);
});

test('a nap is cut short by wake, and the next one is not', async () => {
  const nap = new Nap();
  const started = performance.now();

  const first = nap.wait(60_000);
  nap.wake();
  await first;
  await nap.wait(20);

  const tookMs = performance.now() - started;
  expect(tookMs).toBeGreaterThanOrEqual(19);
  expect(tookMs).toBeLessThan(10_000);
});

test('a wake that comes before the nap is not lost', async () => {
  const nap = new Nap();
  nap.wake();
  await nap.wait(60_000);
});

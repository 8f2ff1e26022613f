import { expect, it } from 'vitest';
import { nowAndThen } from '../../src/report/now-and-then.js';

it('lets the first through, and the next after the time', () => {
  let ms = 0;
  const seen: number[] = [];
  const act = nowAndThen(
    100,
    (value: number) => seen.push(value),
    () => ms,
  );
  for (ms = 0; ms <= 250; ms += 50) act(ms);
  expect(seen).toEqual([0, 100, 200]);
});

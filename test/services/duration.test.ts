import { describe, expect, it } from 'vitest';
import { parseDuration } from '../../src/services/duration.js';

describe('parseDuration', () => {
  it.each([
    ['500ms', 500],
    ['2s', 2000],
    ['1.5m', 90_000],
    ['1h', 3_600_000],
    [' 3 s ', 3000],
    ['0', 0],
  ])('%s', (text, ms) => {
    expect(parseDuration(text)).toBe(ms);
  });

  it.each(['5', 'x', '', '-1s', '1d', '1s2ms'])('refuses %j', (text) => {
    expect(() => parseDuration(text)).toThrow(/is not a duration; expected a number and ms, s, m or h/);
  });

  it('refuses what no timer can hold', () => {
    expect(() => parseDuration('1000h')).toThrow(/too long/);
  });
});

import { describe, expect, it } from 'vitest';
import { colourLevel, styleFor } from '../../src/report/colour.js';

describe('colourLevel', () => {
  const table: [string, NodeJS.ProcessEnv, boolean, number][] = [
    ['a pipe', { TERM: 'xterm' }, false, 0],
    ['a terminal', { TERM: 'xterm' }, true, 1],
    ['a dumb terminal', { TERM: 'dumb' }, true, 0],
    ['256 colours', { TERM: 'xterm-256color' }, true, 2],
    ['true colour', { TERM: 'xterm', COLORTERM: 'truecolor' }, true, 3],
    ['FORCE_COLOR into a pipe', { FORCE_COLOR: '1' }, false, 1],
    ['FORCE_COLOR=0', { FORCE_COLOR: '0', TERM: 'xterm' }, true, 0],
    ['NO_COLOR against FORCE_COLOR', { NO_COLOR: '1', FORCE_COLOR: '3' }, true, 0],
    ['an empty NO_COLOR', { NO_COLOR: '', TERM: 'xterm' }, true, 1],
    ['KVTOOL_NO_COLOR', { KVTOOL_NO_COLOR: 'true', TERM: 'xterm' }, true, 0],
    ['KVTOOL_NO_COLOR=false', { KVTOOL_NO_COLOR: 'false', TERM: 'xterm' }, true, 1],
  ];
  it.each(table)('%s', (_, env, isTTY, level) => {
    expect(colourLevel(env, isTTY)).toBe(level);
  });
});

describe('unicode', () => {
  it.each([
    [{ LANG: 'en_US.UTF-8' }, true],
    [{ LANG: 'C' }, false],
    [{ LC_ALL: 'C.utf8', LANG: 'C' }, true],
    [{}, true],
    [{ TERM: 'linux' }, false],
  ])('%j: %s', (env, unicode) => {
    expect(styleFor(env, false).unicode).toBe(unicode);
  });
});

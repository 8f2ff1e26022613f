/** Colour is decided once per command, here, and passed down. */
import { Chalk, type ChalkInstance } from 'chalk';

type Level = 0 | 1 | 2 | 3;

/** NO_COLOR (https://no-color.org) wins over FORCE_COLOR, and both over the terminal. */
export function colourLevel(env: NodeJS.ProcessEnv, isTTY: boolean): Level {
  if (env.NO_COLOR || isTruthy(env.KVTOOL_NO_COLOR)) return 0;
  if (env.FORCE_COLOR !== undefined) return forced(env.FORCE_COLOR);
  if (!isTTY || env.TERM === 'dumb') return 0;
  if (env.COLORTERM === 'truecolor') return 3;
  return env.TERM?.includes('256') ? 2 : 1;
}

function forced(value: string): Level {
  if (value === '2') return 2;
  if (value === '3') return 3;
  return value === '0' || value === 'false' ? 0 : 1;
}

function isTruthy(value: string | undefined): boolean {
  return value !== undefined && !['', '0', 'false', 'no'].includes(value.toLowerCase());
}

export interface Style {
  paint: ChalkInstance;
  /** Box characters and µ may be printed. */
  unicode: boolean;
}

export function styleFor(env: NodeJS.ProcessEnv, isTTY: boolean): Style {
  return { paint: new Chalk({ level: colourLevel(env, isTTY) }), unicode: speaksUnicode(env) };
}

/** Containers and CI often set no locale at all while their logs are UTF-8; only an explicit other locale counts. */
function speaksUnicode(env: NodeJS.ProcessEnv): boolean {
  const locale = env.LC_ALL || env.LC_CTYPE || env.LANG;
  if (locale) return /utf-?8/i.test(locale);
  return env.TERM !== 'linux';
}

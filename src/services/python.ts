/** Finds a CPython that can run a harness: stdlib only, a real GIL, and ctypes to reach the C ABI. */
import { Abort } from '../errors.js';
import { exitCodes } from '../exit-codes.js';
import { runShort, type ShortResult } from './short-command.js';

export interface Python {
  /** The interpreter itself, not a shim in front of it. */
  executable: string;
  /** e.g. `3.11.7`. */
  version: string;
  /** e.g. `CPython 3.11.7 (/usr/bin/python3)`. */
  description: string;
}

const oldest = 8;
const newest = 13;
const deadlineMs = 5000;
const onPath = ['python3', 'python'] as const;

/** Runs on any Python since 2.6, because it must be able to say that it is too old. */
const probe = `
import json, sys, sysconfig, platform
try:
    import ctypes
    error = None
except Exception as e:
    error = str(e)
print(json.dumps({"executable": sys.executable, "version": list(sys.version_info[:3]), "ctypesError": error,
    "implementation": platform.python_implementation(),
    "freeThreaded": bool(sysconfig.get_config_var("Py_GIL_DISABLED"))}))
`;

interface Answer {
  executable: string;
  version: [number, number, number];
  ctypesError: string | null;
  implementation: string;
  freeThreaded: boolean;
}

type Run = (
  command: string,
  args: readonly string[],
  options: { deadlineMs: number },
) => Promise<ShortResult>;

/**
 * @param file what `--python` said; without it python3 and python on the PATH are tried
 * @throws Abort (exit 69) that says what was found and what to do
 */
export async function findPython(file?: string, run: Run = runShort): Promise<Python> {
  const candidates = file === undefined ? onPath : [file];
  let problem: Abort | undefined;
  for (const candidate of candidates) {
    try {
      return await verify(candidate, run);
    } catch (error) {
      if (!(error instanceof Abort)) throw error;
      // The first candidate that is there at all explains most.
      problem ??= error instanceof NotThere ? undefined : error;
    }
  }
  throw problem ?? notFound(file);
}

class NotThere extends Abort {}

function notFound(file: string | undefined): Abort {
  const what = file === undefined ? 'no python3 or python on the PATH' : `no program ${file}`;
  return new Abort(`${what}; expected CPython 3.${oldest} to 3.${newest}`, exitCodes.unavailable, [
    'install Python (apt install python3), or pass --python FILE',
    'or leave Python out: --runtime js',
  ]);
}

async function verify(candidate: string, run: Run): Promise<Python> {
  const result = await run(candidate, ['-c', probe], { deadlineMs });
  if (result.failure === 'ENOENT') throw new NotThere(`no program ${candidate}`, exitCodes.unavailable);
  const answer = parseAnswer(result.stdout);
  if (answer === undefined) throw noAnswer(candidate, result);
  const version = answer.version.join('.');
  const description = `${answer.implementation} ${version} (${answer.executable})`;
  const [major, minor] = answer.version;
  if (answer.implementation !== 'CPython' || major !== 3 || minor < oldest || minor > newest) {
    throw unsuitable(`found ${description}; expected CPython 3.${oldest} to 3.${newest}`);
  }
  if (answer.freeThreaded) {
    throw unsuitable(
      `found ${description}, a free-threaded build, which has no GIL to deadlock on; expected one with it`,
    );
  }
  if (answer.ctypesError !== null) {
    throw new Abort(
      `found ${description}, built without ctypes (${answer.ctypesError}); expected one that imports it`,
      exitCodes.unavailable,
      ['install libffi (apt install libffi-dev) and rebuild Python', 'or pass --python FILE'],
    );
  }
  return { executable: answer.executable, version, description };
}

function unsuitable(message: string): Abort {
  return new Abort(message, exitCodes.unavailable, [
    'pass --python FILE',
    'or leave Python out: --runtime js',
  ]);
}

function noAnswer(candidate: string, result: ShortResult): Abort {
  const said = result.stderr.trim().split('\n').at(-1) ?? '';
  const how = result.timedOut
    ? `did not answer within ${deadlineMs / 1000} s`
    : `failed (${result.failure ?? `exit code ${result.code ?? 'unknown'}`})${said && `: ${said}`}`;
  return unsuitable(`${candidate} ${how}; expected CPython 3.${oldest} to 3.${newest}`);
}

function parseAnswer(stdout: string): Answer | undefined {
  try {
    const value: unknown = JSON.parse(stdout.trim().split('\n').at(-1) ?? '');
    return isAnswer(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isAnswer(value: unknown): value is Answer {
  if (typeof value !== 'object' || value === null) return false;
  if (!('version' in value) || !Array.isArray(value.version) || value.version.length !== 3) return false;
  return 'executable' in value && typeof value.executable === 'string' && 'implementation' in value;
}

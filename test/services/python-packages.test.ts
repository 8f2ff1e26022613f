import { describe, expect, it } from 'vitest';
import { Abort } from '../../src/errors.js';
import { checkPackages } from '../../src/services/python-packages.js';
import type { ShortResult } from '../../src/services/short-command.js';

const python = { executable: '/opt/python', version: '3.12.3', description: 'CPython 3.12.3 (/opt/python)' };
const packages = [
  { module: 'numbers', suggestions: ['install numbers'] },
  { module: 'letters', suggestions: ['install letters', 'or leave it out'] },
];
const traceback =
  'Traceback (most recent call last):\n  File "<string>", line 1\nModuleNotFoundError: No module named \'letters\'\n';

function answering(second: Partial<ShortResult>) {
  const asked: string[] = [];
  const run = async (command: string, args: readonly string[]): Promise<ShortResult> => {
    asked.push(`${command} ${args.at(-1)}`);
    const result = asked.length > 1 ? second : { code: 0 };
    return { stdout: '', stderr: '', timedOut: false, ...result };
  };
  return { run, asked };
}

describe('checkPackages', () => {
  it('imports each with the interpreter that the harness will have', async () => {
    const { run, asked } = answering({ code: 0 });
    await checkPackages(packages, python, run);
    expect(asked).toEqual([
      expect.stringMatching(/^\/opt\/python .*import numbers$/),
      expect.stringMatching(/^\/opt\/python .*import letters$/),
    ]);
  });

  it.each([
    [{ code: 1, stderr: traceback }, "ModuleNotFoundError: No module named 'letters'"],
    [{ code: 139 }, 'the interpreter ended without saying why'],
    [{ timedOut: true }, 'no end within 120 s'],
  ])('says which is missing and why: %o', async (second, why) => {
    const error = await checkPackages(packages, python, answering(second).run).catch((thrown) => thrown);
    expect(error).toBeInstanceOf(Abort);
    expect(error).toMatchObject({
      message: `letters is not importable by CPython 3.12.3 (/opt/python): ${why}`,
      exitCode: 69,
      suggestions: ['install letters', 'or leave it out'],
    });
  });
});

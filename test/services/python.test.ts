import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Abort } from '../../src/errors.js';
import { findPython } from '../../src/services/python.js';
import type { ShortResult } from '../../src/services/short-command.js';
import { temporaryFolder } from './doubles.js';

const good = {
  executable: '/opt/python',
  version: [3, 11, 7],
  ctypesError: null,
  implementation: 'CPython',
  freeThreaded: false,
};

function answering(answer: object | undefined, over: Partial<ShortResult> = {}) {
  const asked: string[] = [];
  const run = async (command: string): Promise<ShortResult> => {
    asked.push(command);
    const stdout = answer === undefined ? '' : `${JSON.stringify(answer)}\n`;
    return { code: 0, stdout, stderr: '', timedOut: false, ...over };
  };
  return { run, asked };
}

async function refusal(answer: object | undefined, over: Partial<ShortResult> = {}): Promise<Abort> {
  const error = await findPython('/opt/python', answering(answer, over).run).catch(
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof Abort)) throw new Error(`expected an Abort, found ${String(error)}`);
  expect(error.exitCode).toBe(69);
  expect(error.suggestions.length).toBeGreaterThan(0);
  return error;
}

describe('findPython', () => {
  it('takes the interpreter behind a shim', async () => {
    const python = await findPython('python3', answering(good).run);
    expect(python).toEqual({
      executable: '/opt/python',
      version: '3.11.7',
      description: 'CPython 3.11.7 (/opt/python)',
    });
  });

  it('tries python when python3 is not there', async () => {
    const asked: string[] = [];
    const run = async (command: string): Promise<ShortResult> => {
      asked.push(command);
      const nothing = { stdout: '', stderr: '', timedOut: false };
      if (command === 'python3') return { ...nothing, failure: 'ENOENT' };
      return { ...nothing, code: 0, stdout: JSON.stringify(good) };
    };
    await findPython(undefined, run);
    expect(asked).toEqual(['python3', 'python']);
  });

  it.each([
    [
      'too old',
      { ...good, version: [3, 7, 16] },
      /found CPython 3\.7\.16 .*; expected CPython 3\.8 to 3\.13/,
    ],
    ['too new', { ...good, version: [3, 14, 0] }, /found CPython 3\.14\.0/],
    ['Python 2', { ...good, version: [2, 7, 18] }, /found CPython 2\.7\.18/],
    ['PyPy', { ...good, implementation: 'PyPy' }, /found PyPy/],
    ['free-threaded', { ...good, freeThreaded: true }, /free-threaded build, which has no GIL/],
    [
      'without ctypes',
      { ...good, ctypesError: 'No module named _ctypes' },
      /built without ctypes \(No module/,
    ],
  ])('refuses one that is %s', async (_, answer, message) => {
    expect((await refusal(answer)).message).toMatch(message);
  });

  it('tells what a program without an answer said', async () => {
    const error = await refusal(undefined, { code: 1, stderr: 'line\nboom\n' });
    expect(error.message).toBe('/opt/python failed (exit code 1): boom; expected CPython 3.8 to 3.13');
  });

  it('does not wait for one that never answers', async () => {
    expect((await refusal(undefined, { timedOut: true })).message).toMatch(/did not answer within 5 s/);
  });

  it('says that there is none', async () => {
    const error = await refusal(undefined, { failure: 'ENOENT' });
    expect(error.message).toBe('no program /opt/python; expected CPython 3.8 to 3.13');
  });

  it('verifies a real program by running it', async () => {
    const folder = await temporaryFolder();
    const program = join(folder, 'python');
    await writeFile(program, `#!/bin/sh\necho '${JSON.stringify(good)}'\n`);
    await chmod(program, 0o755);
    expect((await findPython(program)).version).toBe('3.11.7');
    await expect(findPython(join(folder, 'absent'))).rejects.toThrow(/no program/);
    await expect(findPython(folder)).rejects.toThrow(/failed \(EACCES\)/);
  });
});

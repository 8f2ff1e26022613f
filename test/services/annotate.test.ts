import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { annotate } from '../../src/services/annotate.js';
import { failed, passed } from '../report/reports.js';
import { temporaryFolder } from './doubles.js';

/** A folder for the PATH with a buildkite-agent that keeps what it is given, and exits as told. */
async function fakeAgent(script = ''): Promise<{ path: string; read: (name: string) => Promise<string> }> {
  const folder = await temporaryFolder();
  const agent = join(folder, 'buildkite-agent');
  const keep = `printf '%s\\n' "$@" > ${folder}/arguments; cat > ${folder}/body`;
  await writeFile(agent, `#!/bin/sh\n${keep}\n${script}\n`);
  await chmod(agent, 0o755);
  const system = process.env.PATH ?? '';
  return { path: `${folder}:${system}`, read: (name) => readFile(join(folder, name), 'utf8') };
}

describe('annotate', () => {
  it('hands style, context and body to the agent', async () => {
    const { path, read } = await fakeAgent();
    const env = { PATH: path, BUILDKITE: 'true', BUILDKITE_STEP_KEY: 'check' };
    expect(await annotate(failed(), 'auto', env)).toBeUndefined();
    expect(await read('arguments')).toBe('annotate\n--style\nerror\n--context\nkvtool-check\n');
    expect(await read('body')).toContain('**kvtool deadlock-check: fail**');
  });

  it.each([
    ['auto, outside of a job', 'auto', {}],
    ['never', 'never', { BUILDKITE: 'true' }],
  ] as const)('stays silent: %s', async (_, mode, extra) => {
    const { path, read } = await fakeAgent();
    expect(await annotate(passed(), mode, { PATH: path, ...extra })).toBeUndefined();
    await expect(read('body')).rejects.toThrow('ENOENT');
  });

  it('always: also outside of a job', async () => {
    const { path, read } = await fakeAgent();
    expect(await annotate(passed(), 'always', { PATH: path })).toBeUndefined();
    expect(await read('arguments')).toContain('success');
  });

  it('auto: says nothing when there is no agent; always: warns', async () => {
    const env = { PATH: '/nowhere', BUILDKITE: 'true' };
    expect(await annotate(passed(), 'auto', env)).toBeUndefined();
    expect(await annotate(passed(), 'always', env)).toBe(
      'No annotation: there is no buildkite-agent on the PATH.',
    );
  });

  it('turns a failing agent into a warning', async () => {
    const { path } = await fakeAgent('echo "fatal: no token" >&2; exit 1');
    const warning = await annotate(passed(), 'always', { PATH: path });
    expect(warning).toBe('No annotation: buildkite-agent failed (exit code 1): fatal: no token.');
  });
});

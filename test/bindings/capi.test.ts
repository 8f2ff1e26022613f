import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { nativeTools } from '../../src/harness/native-tools.js';
import { packageRoot } from '../../src/package-root.js';

function pythons(): string[] {
  const versions = join(homedir(), '.pyenv', 'versions');
  const installed = existsSync(versions) ? readdirSync(versions) : [];
  const supported = installed.filter((name) => /^3\.([89]|1[0-3])\.\d+$/.test(name));
  return ['python3', ...supported.map((name) => join(versions, name, 'bin', 'python3'))];
}

describe('the C ABI through ctypes', () => {
  it.each(pythons())('%s', { timeout: 60_000 }, (python) => {
    const { status, stderr } = spawnSync(
      python,
      ['-B', join(packageRoot, 'test', 'bindings', 'capi_test.py')],
      {
        encoding: 'utf8',
        timeout: 50_000,
        env: {
          ...process.env,
          KVTOOL_LIBRARY: nativeTools(['library']).library,
          KVTOOL_BINDING: join(packageRoot, 'native', 'capi'),
        },
      },
    );
    expect(status, stderr).toBe(0);
    expect(stderr).toContain('Ran 9 tests');
  });
});

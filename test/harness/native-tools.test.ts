import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { nativeTools } from '../../src/harness/native-tools.js';
import { temporaryFolder } from './helpers.js';

test('the tools of this package are built', () => {
  const { guard, snapshot } = nativeTools(['guard', 'snapshot']);

  expect(guard).toMatch(/\/build\/Release\/kvtool-guard$/);
  expect(snapshot).toMatch(/\/build\/Release\/kvtool-snapshot$/);
});

test('missing tools abort with exit 69 and say what to do', async () => {
  const root = await temporaryFolder();
  await mkdir(join(root, 'build', 'Release'), { recursive: true });
  await writeFile(join(root, 'build', 'Release', 'kvtool-guard'), '');

  expect(() => nativeTools(['guard', 'snapshot', 'addon'], root)).toThrow(
    expect.objectContaining({
      name: 'Abort',
      exitCode: 69,
      message: `missing native tools: kvtool-snapshot, kvtool.node; expected in ${root}/build/Release`,
      suggestions: [`run "npm run build" in ${root}`],
    }),
  );
});

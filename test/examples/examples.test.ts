import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { packageRoot } from '../../src/package-root.js';

// A C++ build; alone on a machine it takes seconds.
const timeout = 600_000;
const root = packageRoot;
const examples = ['bank', 'block-cache', 'bounded-queue'];

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kvtool-examples-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const run = (file: string, args: string[]) => execa(file, args, { timeout, stdin: 'ignore' });

/** As somebody else would build them, unoptimised: the lines of a trace must be right then, too. */
async function build(source: string, into: string, definitions: string[]): Promise<void> {
  await run('cmake', [
    '-S',
    source,
    '-B',
    into,
    '-DCMAKE_CXX_FLAGS=-g -Wall -Wextra -Werror',
    ...definitions,
  ]);
  await run('cmake', ['--build', into, '--parallel', '2']);
}

async function checkBank(program: string): Promise<void> {
  const { stdout } = await run(program, []);
  expect(stdout).toMatch(/^bank-buggy: deadlock in 2 steps$/m);
  expect(stdout).toMatch(/^ +1 +lock alice +bank\.cc:\d+ +alice: to-bob$/m);
  expect(stdout).toContain('to-bob holds mutex:alice and waits for mutex:bob, which to-alice holds');
  expect(stdout).toMatch(/replay with 'kv1\.bank-buggy\.v[0-9a-f]{8}\.sc\.[0-9a-f]{12}:>t0;t0,1>t1'/);
  expect(stdout).toMatch(/^bank-fixed: proved\n {2}cached search: \d+ executions, \d+ states/m);
  expect(stdout).toContain('100 rounds on real threads');
}

describe('the examples, built by another project', () => {
  it('find an installed kvtool::explore', { timeout }, async () => {
    expect(existsSync(join(root, 'build/CMakeCache.txt')), 'npm run build:native').toBe(true);
    const prefix = join(folder, 'prefix');
    await run('cmake', [
      ...['--install', join(root, 'build'), '--component', 'kvtool-explore', '--prefix', prefix],
    ]);
    const into = join(folder, 'installed');
    await build(join(root, 'examples'), into, [
      ...[`-DCMAKE_PREFIX_PATH=${prefix}`, '-DKVTOOL_SOURCE=/nonexistent'],
    ]);
    await checkBank(join(into, 'bank/bank'));

    const queue = join(into, 'bounded-queue/bounded-queue');
    const found = await run(queue, []);
    expect(found.stdout).toMatch(/^queue: deadlock in \d+ steps$/m);
    expect(found.stdout).toMatch(/waits for condvar:changed/);
    expect(found.stdout).toMatch(/^queue-fixed: proved$/m);
    const schedule = /replay with '([^']+)'/.exec(found.stdout)?.[1] ?? '';
    const replayed = await run(queue, [schedule]);
    expect(replayed.stdout.split('\n')[0]).toBe(found.stdout.split('\n')[0]);
    expect(replayed.stdout).toContain('replayed');

    const cache = await run(join(into, 'block-cache/block-cache'), []);
    expect(cache.stdout).toMatch(
      /^cache-buggy: violation in \d+ steps: the service sends what it looked up$/m,
    );
    expect(cache.stdout).toMatch(/fails +block_cache\.cc:\d+$/m);
    expect(cache.stdout).toMatch(/^cache-fixed: proved$/m);

    const tests = await run('ctest', ['--test-dir', into]);
    for (const name of examples) expect(tests.stdout).toMatch(new RegExp(`example-${name} .*Passed`));
  });

  it('build kvtool::explore along with a copied folder', { timeout }, async () => {
    const into = join(folder, 'along');
    // The library's own build type is Release when nobody says otherwise; here its time to build matters more.
    await build(join(root, 'examples/bank'), into, ['-DCMAKE_CXX_FLAGS_RELEASE=-O0']);
    await checkBank(join(into, 'bank'));
    // Nothing of kvtool but the one library.
    expect(existsSync(join(into, '_deps/kvtool-build/native/core'))).toBe(false);
  });
});

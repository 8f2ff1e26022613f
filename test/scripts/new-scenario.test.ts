/** The scaffold must compile as it is, and must not claim to prove anything yet. */
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { packageRoot } from '../../src/package-root.js';

const bin = join(packageRoot, 'node_modules', '.bin');
let root: string;
let script: string;

/** A checkout of its own, so that other tests never see a half-made scenario. */
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'kvtool-scaffold-'));
  mkdirSync(join(root, 'scenarios'));
  for (const file of ['package.json', 'tsconfig.json', 'tsconfig.build.json', 'biome.json']) {
    cpSync(join(packageRoot, file), join(root, file));
  }
  cpSync(join(packageRoot, 'scripts'), join(root, 'scripts'), { recursive: true });
  for (const folder of ['src', 'bench', 'node_modules'])
    symlinkSync(join(packageRoot, folder), join(root, folder));
  script = join(root, 'scripts', 'new-scenario.js');
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

describe('npm run new:scenario', () => {
  it('makes a folder that compiles and is formatted', { timeout: 120_000 }, () => {
    execFileSync(process.execPath, [script, 'lost-notify', 'A scaffold']);
    const options = { cwd: root, encoding: 'utf8' } as const;
    const types = spawnSync(
      join(bin, 'tsc'),
      ['-p', 'tsconfig.build.json', '--noEmit', '--preserveSymlinks'],
      options,
    );
    expect(types.stdout).toBe('');
    const style = spawnSync(join(bin, 'biome'), ['check', '--vcs-enabled=false', 'scenarios'], options);
    expect(style.status, style.stdout + style.stderr).toBe(0);
  });

  it('makes a folder for the model that compiles', { timeout: 120_000 }, () => {
    execFileSync(process.execPath, [script, 'lost-claim', 'A "quoted" scaffold', '--model']);
    expect(existsSync(join(root, 'docs', 'scenarios', 'lost-claim.md'))).toBe(true);
    expect(existsSync(join(root, 'scenarios', 'lost-claim', 'scenario.ts'))).toBe(false);
    const flags = ['-std=c++20', '-Wall', '-Wextra', '-Werror', '-Wshadow', '-fsyntax-only'];
    const folders = [join(packageRoot, 'native'), join(root, 'scenarios')].map((folder) => `-I${folder}`);
    const source = join(root, 'scenarios', 'lost-claim', 'model.cc');
    const { status, stderr } = spawnSync('g++', [...flags, ...folders, source], { encoding: 'utf8' });
    expect([status, stderr]).toEqual([0, '']);
  });

  it.each([[[]], [['Not Kebab']]])('refuses %j with exit 2', (args) => {
    const { status, stderr } = spawnSync(process.execPath, [script, ...args], { encoding: 'utf8' });
    expect(status).toBe(2);
    expect(stderr).toContain('new:scenario:');
  });

  it('never overwrites a scenario', () => {
    mkdirSync(join(root, 'scenarios', 'taken'));
    expect(spawnSync(process.execPath, [script, 'taken']).status).toBe(2);
    expect(existsSync(join(root, 'scenarios', 'taken', 'scenario.ts'))).toBe(false);
  });
});

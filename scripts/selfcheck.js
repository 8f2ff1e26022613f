// Runs the built command line the way a user does: the manifest fits the commands, help works, one run ends well.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const kvtool = join(root, 'bin', 'run.js');
let failures = 0;

function check(what, ok, detail = '') {
  process.stdout.write(`${ok ? 'ok    ' : 'FAILED'} ${what}${ok ? '' : `: ${detail}`}\n`);
  if (!ok) failures++;
}

function run(...args) {
  return spawnSync(process.execPath, [kvtool, ...args], { encoding: 'utf8', timeout: 120_000 });
}

const before = readFileSync(join(root, 'oclif.manifest.json'), 'utf8');
execFileSync(process.execPath, [join(root, 'scripts', 'write-manifest.js')]);
check(
  'the manifest fits the commands',
  before === readFileSync(join(root, 'oclif.manifest.json'), 'utf8'),
  'npm run build:ts',
);

for (const command of Object.keys(JSON.parse(before).commands)) {
  const { status, stdout, stderr } = run(...command.split(':'), '--help');
  check(`kvtool ${command.replaceAll(':', ' ')} --help`, status === 0 && stdout.includes('EXAMPLES'), stderr);
}

const list = run('scenarios', '--json');
check(
  'kvtool scenarios --json is one document',
  list.status === 0 && JSON.parse(list.stdout).schemaVersion === 1,
  list.stderr,
);

const folder = mkdtempSync(join(tmpdir(), 'kvtool-selfcheck-'));
try {
  const fixed = run(
    'stress',
    'gil-hostfunc',
    '--variant',
    'fixed',
    '--iterations',
    '5',
    '--run-dir',
    folder,
    '--json',
  );
  check('the fixed variant runs clean', fixed.status === 0, fixed.stderr || fixed.stdout);
  const buggy = run('stress', 'gil-hostfunc', '--run-dir', folder, '--json');
  check('the buggy variant deadlocks (exit 3)', buggy.status === 3, `exit ${buggy.status} ${buggy.stderr}`);
} finally {
  rmSync(folder, { recursive: true });
}
process.exitCode = failures === 0 ? 0 : 1;

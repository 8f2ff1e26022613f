/** The built program as a user starts it: few, because each costs a process. */
import { execFile, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { packageRoot } from '../../src/package-root.js';
import { problems } from '../contracts/schemas.js';
import { temporaryFolder } from '../services/doubles.js';

const program = join(packageRoot, 'bin', 'run.js');
const timeout = 60_000;

beforeAll(() => {
  const built = ['dist/src/commands/stress.js', 'build/Release/kvtool.node'].map((file) =>
    join(packageRoot, file),
  );
  const missing = built.filter((file) => !existsSync(file));
  if (missing.length > 0) throw new Error(`not built: ${missing.join(', ')}; run npm run build`);
});

interface Run {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** `onOutput` sees stderr as it grows, and may send a signal. */
function kvtool(
  argv: string[],
  {
    env = {},
    onOutput,
  }: {
    env?: NodeJS.ProcessEnv;
    onOutput?: (stderr: string, kill: (signal: NodeJS.Signals) => void) => void;
  } = {},
): Promise<Run> {
  return new Promise((resolve) => {
    const inherited = Object.entries(process.env).filter(
      ([name]) => !/^(KVTOOL_|BUILDKITE|NODE_ENV|VITEST)/.test(name),
    );
    const child = spawn(process.execPath, [program, ...argv], {
      env: { ...Object.fromEntries(inherited), ...env },
    });
    const run: Run = { code: null, stdout: '', stderr: '' };
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      run.stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      run.stderr += text;
      onOutput?.(run.stderr, (signal) => child.kill(signal));
    });
    child.once('close', (code) => resolve({ ...run, code }));
  });
}

describe('exit codes of the real process', () => {
  it.each([
    [['stress', 'gil-hostfun']],
    [['stress', 'gil-hostfunc', '--bogus']],
    [['stress']],
    [['deadlock-check', '--repeat', 'x']],
  ])(
    '%j: 2, with --json too',
    async (argv) => {
      expect((await kvtool(argv)).code).toBe(2);
      const { code, stdout } = await kvtool([...argv, '--json']);
      expect(code).toBe(2);
      expect(problems('document', JSON.parse(stdout))).toEqual([]);
    },
    timeout,
  );

  it(
    'a GPU that is not there: 69',
    async () => {
      if (existsSync('/dev/nvidiactl')) return;
      const { code, stderr } = await kvtool(['stress', 'gil-hostfunc', '--device', 'cuda']);
      expect(code).toBe(69);
      expect(stderr).toMatch(/Try this:/);
    },
    timeout,
  );
});

describe('stress', () => {
  it(
    'reproduces the deadlock: 3, one document, nothing on stderr',
    async () => {
      const runDir = await temporaryFolder();
      const { code, stdout, stderr } = await kvtool([
        'stress',
        'gil-hostfunc',
        '--seed',
        '3',
        '--run-dir',
        runDir,
        '--json',
      ]);
      expect([code, stderr]).toEqual([3, '']);
      const printed = JSON.parse(stdout);
      expect(printed).toMatchObject({ command: 'stress', status: 'deadlock' });
      expect(problems('stress-report', printed.result)).toEqual([]);
      expect(printed.result.runs[0]).toMatchObject({
        result: 'as-expected',
        verdict: { family: 'js-thread-blocked' },
      });
    },
    timeout,
  );

  it(
    'shows that the fix holds: 0',
    async () => {
      const runDir = await temporaryFolder();
      const { code, stdout } = await kvtool([
        'stress',
        'gil-hostfunc',
        '--variant',
        'fixed',
        '--run-dir',
        runDir,
      ]);
      expect(code).toBe(0);
      expect(stdout).toMatch(/verdict {2}ok/);
    },
    timeout,
  );
});

describe('explain', () => {
  const dump = join(packageRoot, 'test', 'fixtures', 'dumps', 'jstack.txt');
  const explain = `'${process.execPath}' '${program}' explain`;
  const shell = (line: string) =>
    new Promise<Run>((resolve) => {
      execFile('bash', ['-c', line], { timeout }, (error, stdout, stderr) =>
        resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr }),
      );
    });

  it.each([
    ['standard input', `cat ${dump} | ${explain} -`, 'standard input'],
    ['a pipe that the shell names', `${explain} <(cat ${dump})`, '/dev/fd/\\d+'],
  ])('reads %s', async (_, line, name) => {
    const { code, stdout, stderr } = await shell(line);
    expect([code, stderr]).toEqual([3, '']);
    expect(stdout).toMatch(new RegExp(`^ {2}${name}: jstack, 280 lines, \\d+ skipped$`, 'm'));
  });

  it('reads standard input once', async () => {
    const { stdout } = await shell(`cat ${dump} | ${explain} - - --json`);
    const { result } = JSON.parse(stdout);
    expect(result.processes[0].samples).toBe(1);
    expect(result.warnings).toEqual([expect.stringMatching(/standard input is named more than once/)]);
  });

  it('goes quietly when nobody reads on', async () => {
    const line = `${explain} ${dump} ${dump} --json | head -n 1; echo "\${PIPESTATUS[0]}"`;
    const { stdout, stderr } = await shell(line);
    expect([stdout, stderr]).toEqual(['{\n3\n', '']);
  });

  it('ends at once when it is interrupted', async () => {
    const child = spawn(process.execPath, [program, 'explain', '-'], { stdio: ['pipe', 'pipe', 'pipe'] });
    const ended = new Promise((resolve) => child.once('close', (...how) => resolve(how)));
    let said = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (said += text));
    child.stdin.on('error', () => {});
    // More than a pipe holds: once it is gone, the reading has begun.
    child.stdin.write('nothing\n'.repeat(200_000), () => child.kill('SIGINT'));
    expect(await ended).toEqual([null, 'SIGINT']);
    expect(said).toBe('');
  });
});

describe('a command that does not exist', () => {
  it.each([
    [['expain', 'dump.txt', '-'], 'did you mean explain?'],
    [['stres', '--seed', '3'], 'did you mean stress?'],
  ])('%j exits 2 with the nearest name', async (argv, suggestion) => {
    const { code, stderr } = await kvtool(argv);
    expect(code).toBe(2);
    expect(stderr).toContain(`there is no command "${argv[0]}"`);
    expect(stderr).toContain(suggestion);
  });
});

describe('deadlock-check', () => {
  it(
    'passes in a Buildkite job: table, groups, JUnit and annotation',
    async () => {
      const folder = await temporaryFolder();
      const agent = join(folder, 'buildkite-agent');
      await writeFile(agent, `#!/bin/sh\nprintf '%s ' "$@" > ${folder}/arguments; cat > ${folder}/body\n`);
      await chmod(agent, 0o755);
      const junit = join(folder, 'junit.xml');
      const argv = [
        'deadlock-check',
        '--runtime',
        'js',
        '--repeat',
        '1',
        '--run-dir',
        join(folder, 'runs'),
        '--junit',
        junit,
      ];
      const { code, stdout, stderr } = await kvtool(argv, {
        env: {
          BUILDKITE: 'true',
          BUILDKITE_TIMEOUT: '10',
          BUILDKITE_STEP_KEY: 'sim',
          PATH: `${folder}:${process.env.PATH}`,
        },
      });
      expect(code).toBe(0);
      expect(stderr).toMatch(/^--- kvtool deadlock-check/);
      expect(stdout).toMatch(/^--- kvtool deadlock-check: pass$/m);
      expect(stdout).toMatch(/^PASS /m);
      expect(await readFile(junit, 'utf8')).toMatch(
        /<testsuites [^>]*tests="3" failures="0" errors="0" skipped="0"/,
      );
      expect(await readFile(join(folder, 'arguments'), 'utf8')).toBe(
        'annotate --style success --context kvtool-sim ',
      );
      expect(await readFile(join(folder, 'body'), 'utf8')).toContain('| js | callback |');
    },
    timeout,
  );

  it(
    'stopped by SIGTERM: 143, with a valid report and JUnit file',
    async () => {
      const folder = await temporaryFolder();
      const junit = join(folder, 'junit.xml');
      const runs = join(folder, 'runs');
      const argv = ['deadlock-check', '--runtime', 'js', '--run-dir', runs, '--junit', junit];
      let isTold = false;
      const { code, stdout } = await kvtool(argv, {
        onOutput: (stderr, kill) => {
          if (!isTold && stderr.includes('run 2 of 3')) kill('SIGTERM');
          isTold ||= stderr.includes('run 2 of 3');
        },
      });
      expect(code).toBe(143);
      expect(stdout).toMatch(/^INTERRUPTED /m);
      expect(await readFile(junit, 'utf8')).toMatch(
        /<testsuites [^>]*tests="3" failures="0" errors="0" skipped="3"/,
      );
      const [check] = (await readdir(runs)).filter((name) => name.includes('deadlock-check'));
      const report = JSON.parse(await readFile(join(runs, check ?? '', 'report.json'), 'utf8'));
      expect(report).toMatchObject({ result: 'interrupted', exitCode: 143 });
      expect(problems('check-report', report)).toEqual([]);
    },
    timeout,
  );
});

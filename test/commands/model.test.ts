/** The commands of the model, with the real explorer. */
import { readFile, writeFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import Explore from '../../src/commands/explore.js';
import Replay from '../../src/commands/replay.js';
import ReportMerge from '../../src/commands/report/merge.js';
import Scenarios from '../../src/commands/scenarios.js';
import Stress from '../../src/commands/stress.js';
import { problems } from '../contracts/schemas.js';
import { temporaryFolder } from '../services/doubles.js';
import { run } from './run.js';

async function schedule(): Promise<string> {
  const { stdout } = await run(Explore, ['abba', '--variant', 'buggy', '--json']);
  return JSON.parse(stdout).result.variants[0].failure.schedule;
}

describe('explore', () => {
  it('finds the bug, proves the fix, and exits 0', async () => {
    const { exitCode, stdout } = await run(Explore, ['abba']);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^ {2}buggy {4}deadlock +yes +predict and steer/m);
    expect(stdout).toMatch(/^ {2}fixed {4}proved \(\d+ states, \d+ executions\) +yes/m);
    expect(stdout).toContain('At step 2 fixed would not have let T1 in');
    expect(stdout).toMatch(/^replay with {2}kvtool replay 'kv1\.abba\.buggy\.sc\.\w+:.*'$/m);
  });

  it('gives the same document every time, but for the times', async () => {
    const argv = ['abba', '--json', '--seed', '3'];
    const a = await run(Explore, argv);
    const b = await run(Explore, argv);
    const timeless = (text: string) => text.replaceAll(/"seconds": [\d.e-]+/g, '');
    expect(timeless(a.stdout)).toBe(timeless(b.stdout));
    expect(problems('document', JSON.parse(a.stdout))).toEqual([]);
  });

  it('exits 5 when nothing is proved', async () => {
    const argv = ['abba', '--variant', 'fixed', '--param', 'threads=6', '--param', 'padding=50'];
    const { exitCode, stdout } = await run(Explore, [...argv, '--executions', '1']);
    expect(exitCode).toBe(5);
    expect(stdout).toMatch(/not found \(explored \d+ executions/);
  });

  it('writes a trace for Perfetto', async () => {
    const file = `${await temporaryFolder()}/trace.json`;
    await run(Explore, ['abba', '--variant', 'buggy', '--perfetto', file]);
    expect(JSON.parse(await readFile(file, 'utf8')).traceEvents.length).toBeGreaterThan(4);
  });

  it.each([
    [['aba'], /no scenario "aba" in the model/],
    [[], /expected some or --all/],
    [['abba', '--all'], /expected one of them/],
    [['abba', '--variant', 'bugy'], /has no variant "bugy"/],
    [['abba', '--param', 'threads=99'], /expected 2 to 6/],
    [['abba', '--limit', 'steps=0'], /expected 1 to 32000/],
    [['abba', '--model', 'x86'], /Expected --model=x86 to be one of/],
    [['abba', '--variant', 'fixed', '--perfetto', '/tmp/x'], /no variant failed/],
    [['abba', '--variant', 'buggy', '--perfetto', '/no/such/folder/x'], /cannot write/],
  ])('refuses %j', async (argv, message) => {
    const { exitCode, error } = await run(Explore, argv);
    expect([exitCode, error?.message]).toEqual([2, expect.stringMatching(message)]);
  });
});

describe('replay', () => {
  it('fails again, as text, from a file and with its scenario', async () => {
    const line = await schedule();
    const file = `${await temporaryFolder()}/log.txt`;
    await writeFile(file, `some log\n  replay with  kvtool replay '${line}'\nmore\n`);
    for (const argv of [[line], [file], ['abba', '--schedule', line]]) {
      const { exitCode, stdout } = await run(Replay, argv);
      expect([exitCode, stdout]).toEqual([3, expect.stringMatching(/^verdict {2}deadlock \(abba-mutex\)/m)]);
    }
  });

  it('says that the fixed variant does not fail', async () => {
    const { exitCode, stdout } = await run(Replay, [await schedule(), '--variant', 'fixed']);
    expect([exitCode, stdout]).toEqual([0, expect.stringMatching(/It does not fail: 4 steps/)]);
  });

  it('refuses lines of others', async () => {
    const line = await schedule();
    const table: [string[], RegExp][] = [
      [[line.replace('kv1', 'kv9')], /of version "9"; this kvtool replays version 1/],
      [[line.replace('abba', 'baab')], /no scenario "baab"/],
      [[line.replace('.sc.', '.sc.threads=3.')], /other sizes: here they are padding=0, threads=3/],
      [['gil-hostfunc', '--schedule', line], /found a schedule of scenario "abba"/],
      [['/no/such/file'], /neither a schedule nor a file/],
      [[import.meta.filename.replace('model.test', 'run')], /found no schedule in/],
    ];
    for (const [argv, message] of table) {
      const { exitCode, error } = await run(Replay, argv);
      expect([exitCode, error?.message]).toEqual([2, expect.stringMatching(message)]);
    }
  });
});

describe('stress --on model', () => {
  it('runs shards that merge into one result', async () => {
    const folder = await temporaryFolder();
    const files = [1, 2].map((number) => `${folder}/${number}.ndjson`);
    for (const [index, file] of files.entries()) {
      const argv = [
        'abba',
        '--on',
        'model',
        '--executions',
        '3000',
        '--seed',
        '4',
        '--shard',
        `${index + 1}/2`,
      ];
      const { exitCode, stdout } = await run(Stress, [...argv, '--ndjson', file]);
      expect([exitCode, stdout]).toEqual([3, expect.stringMatching(/1500 random executions from number/)]);
    }
    const both = await run(ReportMerge, files);
    expect([both.exitCode, both.stdout]).toEqual([3, expect.stringMatching(/2 of 2 shards: 3000 random/)]);
    const one = await run(ReportMerge, files.slice(1));
    expect(one.stdout).toContain('1 of 2 shards missing: 1');
  });

  it('is clean where nothing fails', async () => {
    const argv = ['abba', '--variant', 'fixed', '--on', 'model', '--executions', '2000'];
    expect((await run(Stress, argv)).exitCode).toBe(0);
  });

  it.each([
    [['abba', '--on', 'model', '--threads', '3'], /found --threads on the model/],
    [['gil-hostfunc', '--shard', '1/2'], /found --shard on a language runtime, expected --on model/],
    [['abba', '--on', 'model', '--shard', '1/2'], /--shard without --seed/],
    [['abba', '--on', 'model', '--shard', '3/2', '--seed', '1'], /expected a shard/],
    [
      ['abba', '--on', 'model', '--shard', '1/9', '--seed', '1', '--executions', '8'],
      /one for each at least/,
    ],
  ])('refuses %j', async (argv, message) => {
    const { exitCode, error } = await run(Stress, argv);
    expect([exitCode, error?.message]).toEqual([2, expect.stringMatching(message)]);
  });
});

describe('stress --on threads, of scenarios of the model', () => {
  // Seeds that failed within a few rounds wherever they were tried; there are 10,000.
  it.each([
    ['evicted-before-send', 'buggy'],
    ['slot-not-released', 'buggy'],
    ['spin-holds-gil', 'buggy'],
  ])('sees that %s hangs', { timeout: 120_000 }, async (scenario, variant) => {
    const argv = [scenario, '--variant', variant, '--seed', '1', '--inactivity', '500ms'];
    const { exitCode, stdout } = await run(Stress, [...argv, '--json']);
    const { result } = JSON.parse(stdout);
    expect(problems('threads-report', result)).toEqual([]);
    expect(result).toMatchObject({ end: 'hung', broken: [], judgement: { result: 'as-expected' } });
    expect(result.failingSeed).toBe(1 + result.rounds);
    expect(exitCode).toBe(3);
  });

  it('sees that an invariant breaks, and repeats the round', { timeout: 120_000 }, async () => {
    const argv = ['peek-then-claim', '--on', 'threads', '--seed', '7', '--rounds', '100000'];
    const { exitCode, stdout } = await run(Stress, argv);
    expect([exitCode, stdout]).toEqual([
      4,
      expect.stringMatching(/^ {2}fails in the round of seed \d+ after/m),
    ]);
    expect(stdout).toMatch(/^ {2}I\d: /m);
    expect(stdout).toMatch(/^expected {2}as-expected: It fails as expected: I\d/m);
    expect(stdout).toMatch(
      /^repeat with {2}kvtool stress peek-then-claim --variant buggy --on threads --seed \d+/m,
    );
  });

  it('is clean where nothing fails, for as many rounds as it was asked', async () => {
    const argv = ['abba', '--variant', 'fixed', '--rounds', '200', '--param', 'threads=3'];
    const { exitCode, stdout } = await run(Stress, argv);
    expect([exitCode, stdout]).toEqual([0, expect.stringMatching(/nothing failed after 200 rounds/)]);
    expect(stdout).toContain('which proves nothing');
  });

  it('is inconclusive when what it expects does not show', async () => {
    const argv = ['abba', '--rounds', '1', '--seed', '1', '--param', 'padding=0'];
    const { exitCode, stdout } = await run(Stress, argv);
    // One round of two threads: either it hangs at once or the window never opened.
    expect([3, 5]).toContain(exitCode);
    expect(stdout).toMatch(/the window never opened; expected deadlock|It fails as expected: a hang/);
  });

  it.each([
    [['lost-wakeup'], /"buggy" of scenario "lost-wakeup" runs in the model only/],
    [['abba', '--runtime', 'js'], /found --runtime on plain threads/],
    [['abba', '--shard', '1/2'], /found --shard on plain threads, expected --on model/],
    [['abba', '--param', 'threads=99'], /expected 2 to 6/],
    [['abba', '--variant', 'fixd'], /has no variant "fixd"/],
    [['abba', '--rounds', '0'], /greater than or equal to 1/],
    [['gil-hostfunc', '--rounds', '5'], /found --rounds on a language runtime/],
    [['abba', '--on', 'model', '--rounds', '5'], /found --rounds on the model/],
    [['no-such-scenario'], /there is no scenario "no-such-scenario"/],
  ])('refuses %j', async (argv, message) => {
    const { exitCode, error } = await run(Stress, argv);
    expect([exitCode, error?.message]).toEqual([2, expect.stringMatching(message)]);
  });
});

describe('scenarios', () => {
  it('lists and explains those of the model', async () => {
    expect((await run(Scenarios, [])).stdout).toMatch(/^ {2}abba +- +2 +each thread takes two locks/m);
    expect((await run(Scenarios, ['abba'])).stdout).toContain('abba in the model');
    const { stdout } = await run(Scenarios, ['abba', '--json']);
    expect(problems('model-scenario', JSON.parse(stdout).result)).toEqual([]);
  });
});

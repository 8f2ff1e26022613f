import { describe, expect, it } from 'vitest';
import DeadlockCheck from '../../src/commands/deadlock-check.js';
import Scenarios from '../../src/commands/scenarios.js';
import Stress from '../../src/commands/stress.js';
import { problems } from '../contracts/schemas.js';
import { temporaryFolder } from '../services/doubles.js';
import { run } from './run.js';

describe('bad input', () => {
  const table: [string, Parameters<typeof run>[0], string[], RegExp][] = [
    ['an unknown scenario to explain', Scenarios, ['gil-hostfun'], /there is no scenario "gil-hostfun"/],
    ['an unknown scenario to run', Stress, ['gil-hostfun'], /there is no scenario "gil-hostfun"/],
    ['an unknown scenario to check', DeadlockCheck, ['nope'], /there is no scenario "nope"/],
    ['no scenario', Stress, [], /found no scenario, expected some or --all/],
    ['scenarios and all', Stress, ['abba', '--all'], /found scenarios and --all/],
    ['an unknown one of several', Stress, ['abba', 'lru-pol'], /there is no scenario "lru-pol"/],
    [
      'a variant that one of several has not',
      Stress,
      ['abba', 'lru-pool', '--variant', 'buggy,fixd'],
      /scenario abba has no variant "fixd"/,
    ],
    ['what belongs to one', Stress, ['abba', 'lru-pool', '--set', 'a=1'], /found --set with several/],
    ['a shard of several', Stress, ['abba', 'lru-pool', '--shard', '1/2'], /found --shard with several/],
    [
      'what no place knows',
      Stress,
      ['abba', 'lru-pool', '--path', 'recorder'],
      /found --path on plain threads, expected a scenario on a language runtime/,
    ],
    ['what to stop at', Stress, ['abba', '--stop-at', '0'], /found "0", expected first, never or a number/],
    ['an unknown flag', Stress, ['gil-hostfunc', '--bogus'], /Nonexistent flag: --bogus/],
    ['an unknown variant', Stress, ['gil-hostfunc', '--variant', 'bugy'], /has no variant "bugy"/],
    ['an unknown parameter', Stress, ['gil-hostfunc', '--set', 'wokers=3'], /has no parameter "wokers"/],
    ['a setting without a value', Stress, ['gil-hostfunc', '--set', 'workers'], /expected name=value/],
    [
      'a value out of range',
      Stress,
      ['gil-hostfunc', '--threads', '65'],
      /found "65", expected .* from 1 to 64/,
    ],
    ['an unknown call', Stress, ['gil-hostfunc', '--blocking-call', 'fre'], /found "fre"/],
    [
      'a choice that is none',
      Stress,
      ['gil-hostfunc', '--device', 'tpu'],
      /Expected --device=tpu to be one of/,
    ],
    ['a duration without a unit', Stress, ['gil-hostfunc', '--deadline', '3'], /is not a duration/],
    ['a repeat of nothing', DeadlockCheck, ['--repeat', '0'], /greater than or equal to 1/],
    ['a seed that does not fit', DeadlockCheck, ['--seed', '2147483648'], /less than or equal to 2147483647/],
    ['an unknown runtime', DeadlockCheck, ['--runtime', 'ruby'], /there is no runtime "ruby"/],
    ['a deadline of nothing', DeadlockCheck, ['--deadline', '0'], /leaves no time/],
  ];

  it.each(table)('%s exits 2', async (_, command, argv, message) => {
    const { exitCode, error } = await run(command, argv);
    expect(exitCode).toBe(2);
    expect(error?.oclif?.exit).toBe(2);
    expect(error?.message).toMatch(message);
  });

  it.each(table)('%s exits 2 under --json, with one document', async (_, command, argv, message) => {
    const { exitCode, stdout, stderr, error } = await run(command, [...argv, '--json']);
    expect(error).toBeUndefined();
    expect(exitCode).toBe(2);
    expect(stderr).toBe('');
    const printed = JSON.parse(stdout);
    expect(printed.status).toBe('usage');
    expect(printed.result.message).toMatch(message);
    expect(problems('document', printed)).toEqual([]);
    expect(problems('document#/$defs/failure', printed.result)).toEqual([]);
  });

  it('suggests the nearest', async () => {
    const { error } = await run(Stress, ['gil-hostfunk']);
    expect(error?.suggestions).toContain('did you mean gil-hostfunc?');
  });
});

describe('what this machine lacks', () => {
  it('a Python asked for that is not there exits 69', async () => {
    const argv = ['--runtime', 'python', '--python', '/no/such/python'];
    expect(await run(DeadlockCheck, argv)).toMatchObject({ exitCode: 69 });
    expect(await run(Stress, ['gil-hostfunc', ...argv, '--json'])).toMatchObject({ exitCode: 69 });
  });
});

describe('environment twins', () => {
  it('stand in for flags, lists too', async () => {
    process.env.KVTOOL_SET = 'workers=3,wokers=4';
    try {
      const { error } = await run(Stress, ['gil-hostfunc']);
      expect(error?.message).toMatch(/has no parameter "wokers"/);
    } finally {
      delete process.env.KVTOOL_SET;
    }
  });

  it('a JUnit file that cannot be written is known before anything runs', async () => {
    const runDir = await temporaryFolder();
    const argv = ['--runtime', 'js', '--junit', '/dev/null/junit.xml', '--run-dir', runDir];
    expect(await run(DeadlockCheck, argv)).toMatchObject({ exitCode: 2 });
  });
});

describe('scenarios', () => {
  it('lists', async () => {
    const { exitCode, stdout } = await run(Scenarios, []);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^ {2}gil-hostfunc /m);
  });

  it('explains', async () => {
    const { stdout } = await run(Scenarios, ['gil-hostfunc']);
    for (const part of [
      'sources',
      'hazard window',
      'invariants',
      'parameters',
      'variants',
      'blocking-call',
    ]) {
      expect(stdout).toContain(part);
    }
  });

  it('does both as JSON', async () => {
    const all = JSON.parse((await run(Scenarios, ['--json'])).stdout);
    const one = JSON.parse((await run(Scenarios, ['gil-hostfunc', '--json'])).stdout);
    expect(all).toMatchObject({ command: 'scenarios', status: 'ok' });
    expect(all.result.scenarios).toContainEqual(one.result);
    expect(problems('scenario', one.result)).toEqual([]);
  });
});

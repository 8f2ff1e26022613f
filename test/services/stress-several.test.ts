import { describe, expect, it } from 'vitest';
import { Abort } from '../../src/errors.js';
import type { Lane, Slice } from '../../src/services/several/lane.js';
import { type StressSeveralRequest, stressSeveral } from '../../src/services/stress-several.js';
import { problems } from '../contracts/schemas.js';

const clean: Slice = {
  ...{
    work: 10,
    ms: 100,
    failures: 0,
    result: 'as-expected',
    because: 'Fine.',
    exitCode: 0,
    repeat: 'again',
  },
};
const shown: Slice = {
  ...clean,
  work: 1,
  failures: 1,
  firstFailureMs: 30,
  because: 'It fails.',
  exitCode: 3,
};
const missed: Slice = { ...clean, result: 'inconclusive', because: 'Nothing failed.', exitCode: 5 };
const falseAlarm: Slice = { ...shown, result: 'unexpected', because: 'It hangs.' };

interface Call {
  variant: string;
  seed: number;
  work: number | undefined;
}

/** Lanes that answer at once: one slice of `answers` a call, then the last of them for ever. */
class World {
  readonly calls: Call[] = [];

  lane(variant: string, over: Partial<Lane>, ...answers: (Slice | Error)[]): Lane {
    let at = 0;
    return {
      ...{ scenario: 's', variant, on: 'threads', expected: 'ok', unit: 'round', asked: 30 },
      ...over,
      run: async ({ seed, work }) => {
        this.calls.push({ variant, seed, work });
        const answer = answers[Math.min(at++, answers.length - 1)];
        if (answer instanceof Error) throw answer;
        return answer;
      },
    };
  }

  get order(): string {
    return this.calls.map(({ variant }) => variant).join(' ');
  }
}

async function run(lanes: Lane[], over: Partial<StressSeveralRequest> = {}) {
  const report = await stressSeveral(
    { lanes, warnings: [] },
    { device: 'sim', stopAt: 1, seed: 7, signal: new AbortController().signal, ...over },
  );
  expect(problems('several-report', report)).toEqual([]);
  return report;
}

describe('stressSeveral', () => {
  it('gives each its turn until its count is done', async () => {
    const world = new World();
    const report = await run([world.lane('a', {}, clean), world.lane('b', { asked: 10 }, clean)]);
    expect(world.order).toBe('a b a a');
    expect(world.calls.map(({ work }) => work)).toEqual([30, 10, 20, 10]);
    expect(report).toMatchObject({ exitCode: 0, falseAlarms: 0, notRun: 0 });
    expect(report.variants[0]).toMatchObject({ work: 30, slices: 3, seconds: 0.3, rate: 100 });
  });

  it('gives every slice a seed of its own, the same in every session and company', async () => {
    const [one, two] = [new World(), new World()];
    await run([one.lane('a', {}, clean)]);
    await run([two.lane('b', {}, clean), two.lane('a', {}, clean)]);
    const seeds = one.calls.map(({ seed }) => seed);
    expect(new Set(seeds).size).toBe(3);
    expect(two.calls.filter(({ variant }) => variant === 'a').map(({ seed }) => seed)).toEqual(seeds);
  });

  it('is content when a bug shows once, and stops there', async () => {
    const world = new World();
    const report = await run([world.lane('buggy', { expected: 'failure' }, missed, shown)]);
    expect(world.order).toBe('buggy buggy');
    expect(report.exitCode).toBe(0);
    expect(report.variants[0]).toMatchObject({
      ...{ result: 'as-expected', failures: 1, timeToFirstFailureMs: 130 },
      because: 'It fails as expected: 1 in 11 rounds.',
    });
  });

  it('goes on for as many failures as it is told, and keeps ten of them', async () => {
    const world = new World();
    const lane = () => world.lane('buggy', { expected: 'failure', asked: 15 }, shown);
    expect((await run([lane()], { stopAt: 3 })).variants[0]).toMatchObject({ failures: 3 });
    const [all] = (await run([lane()], { stopAt: 0 })).variants;
    expect(all).toMatchObject({ failures: 15, findingsNotKept: 5 });
    expect(all?.findings).toHaveLength(10);
  });

  it('counts the false alarms of a clean variant, exit by what they show', async () => {
    const world = new World();
    const lane = world.lane('fixed', { asked: 21 }, clean, falseAlarm, clean);
    const report = await run([lane, world.lane('buggy', { expected: 'failure' }, shown)], { stopAt: 0 });
    expect(report).toMatchObject({ exitCode: 3, falseAlarms: 1 });
    expect(report.variants[0]).toMatchObject({ result: 'unexpected', because: 'It hangs.', unexpected: 1 });
    expect(report.summary).toContain('1 false alarm, 1 unexpected');
  });

  it.each<[string, Slice, number]>([
    ['a bug that did not show', missed, 5],
    ['a control that is clean', { ...clean, result: 'unexpected', exitCode: 0 }, 5],
    ['a race', { ...falseAlarm, exitCode: 4 }, 4],
    ['what somebody killed', { ...missed, exitCode: 75 }, 75],
  ])('exits for %s', async (_, slice, exitCode) => {
    const report = await run([new World().lane('v', { asked: 10, expected: 'failure' }, slice)]);
    expect(report.exitCode).toBe(exitCode);
  });

  it('stops when the time is over, and says who got none', async () => {
    const world = new World();
    const slow = world.lane('slow', {}, clean);
    const sleepy: Lane = {
      ...slow,
      run: async (slice) => {
        while (performance.now() < endMs) await new Promise(setImmediate);
        return slow.run(slice);
      },
    };
    const endMs = performance.now() + 60;
    const report = await run([sleepy, world.lane('late', {}, clean)], { durationMs: 50 });
    expect(world.order).toBe('slow');
    expect(report).toMatchObject({ exitCode: 5, notRun: 1 });
    expect(report.variants[1]).toMatchObject({
      result: 'inconclusive',
      because: 'There was no time for it.',
    });
  });

  it('lets one that cannot run stop no other', async () => {
    const world = new World();
    const broken = world.lane('gpu', { on: 'device' }, new Abort('no GPU driver', 69, ['use --device sim']));
    const report = await run([broken, world.lane('a', { asked: 20 }, clean)], { stopAt: 0 });
    expect(world.order).toBe('gpu a a');
    expect(report.exitCode).toBe(69);
    expect(report.variants[0]?.findings[0]?.repeat).toBe('kvtool stress s --variant gpu --on device');
    expect(report.variants[0]).toMatchObject({
      result: 'error',
      because: 'no GPU driver (use --device sim)',
    });
  });

  it('hands on what is wrong with the command line', async () => {
    const world = new World();
    await expect(run([world.lane('a', {}, new Abort('no such parameter', 2))])).rejects.toThrow('no such');
  });

  it('keeps what it has when it is interrupted', async () => {
    const control = new AbortController();
    const world = new World();
    const lanes = [world.lane('a', { expected: 'failure' }, shown), world.lane('b', {}, clean)];
    const report = await run(lanes, {
      signal: control.signal,
      interruptCode: () => 143,
      onProgress: ({ kind }) => kind === 'found' && control.abort(),
    });
    expect(report).toMatchObject({ exitCode: 143, notRun: 1 });
    expect(report.variants.map(({ result }) => result)).toEqual(['as-expected', 'interrupted']);
  });
});

import { describe, expect, it } from 'vitest';
import { Abort } from '../../src/errors.js';
import {
  checkRuntime,
  parseSetting,
  pickPath,
  pickVariant,
  resolveParameters,
  settingsToRepeat,
  shortSettings,
} from '../../src/scenario/parameters.js';
import { scenario } from '../services/doubles.js';

const buggy = pickVariant(scenario, 'buggy');
const crowded = pickVariant(scenario, 'crowded');

function abortOf(action: () => unknown): Abort {
  try {
    action();
  } catch (error) {
    if (error instanceof Abort) return error;
  }
  throw new Error('expected an Abort');
}

describe('resolveParameters', () => {
  it('goes from defaults over the variant to the settings', () => {
    expect(resolveParameters(scenario, buggy, [])).toEqual({ workers: 2, 'blocking-call': 'first-load' });
    expect(resolveParameters(scenario, crowded, [])).toMatchObject({ workers: 8 });
    expect(resolveParameters(scenario, crowded, [{ name: 'workers', value: '3' }])).toMatchObject({
      workers: 3,
    });
  });

  it.each([
    ['worker', '4', /no parameter "worker"/, 'did you mean workers?'],
    ['workers', '0', /found "0", expected a whole number of threads from 1 to 64/, 'the default is 2'],
    ['workers', 'many', /found "many"/, 'the default is 2'],
    ['workers', '2.5', /found "2\.5"/, 'the default is 2'],
    ['blocking-call', 'fre', /found "fre"/, 'did you mean free?'],
  ])('refuses %s=%s', (name, value, message, suggestion) => {
    const abort = abortOf(() => resolveParameters(scenario, buggy, [{ name, value }]));
    expect(abort).toMatchObject({ exitCode: 2, message: expect.stringMatching(message) });
    expect(abort.suggestions).toContain(suggestion);
  });
});

describe('names', () => {
  it('suggests the nearest variant and lists all when nothing is near', () => {
    expect(abortOf(() => pickVariant(scenario, 'fixd')).suggestions[0]).toBe('did you mean fixed?');
    expect(abortOf(() => pickVariant(scenario, 'zzz')).suggestions).toEqual([
      'there are: buggy, fixed, crowded',
    ]);
  });

  it("takes the variant's first path, and refuses one that it has not", () => {
    expect(pickPath(buggy, undefined)).toBe('callback');
    expect(pickPath(buggy, 'recorder')).toBe('recorder');
    expect(abortOf(() => pickPath(crowded, 'recorder')).suggestions).toEqual(['use --path callback']);
  });

  it('refuses a runtime without a harness', () => {
    expect(abortOf(() => checkRuntime({ ...scenario, runtimes: ['python'] }, 'js')).exitCode).toBe(2);
  });
});

describe('settings', () => {
  it('splits at the first equals sign', () => {
    expect(parseSetting('a=b=c')).toEqual({ name: 'a', value: 'b=c' });
    expect(abortOf(() => parseSetting('workers')).exitCode).toBe(2);
    expect(abortOf(() => parseSetting('=4')).exitCode).toBe(2);
  });

  it('maps --threads to the workers of a scenario without threads', () => {
    expect(shortSettings(scenario, { threads: 4, blockingCall: 'free' })).toEqual([
      { name: 'workers', value: '4' },
      { name: 'blocking-call', value: 'free' },
    ]);
  });

  it('repeats only what differs from the defaults of the variant', () => {
    expect(settingsToRepeat(scenario, crowded, { workers: 8, 'blocking-call': 'free' })).toEqual([
      { name: 'blocking-call', value: 'free' },
    ]);
  });
});
